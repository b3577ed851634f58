"""What changed since the run before is said in words, drawn, and held as a table, without small groups."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from segmentation.report import changes, render_page, watch
from segmentation.report.labels import segment_labels

COUNTS = {"new": 30, "left": 0, "stayed": 900, "moved": 100}
STEADY = {"customers": 1000, "moved": 100, "moved_to_nearest": 140, "wcss": 1010.0, "wcss_of_nearest": 1000.0}


@pytest.fixture
def made(findings):
    names = segment_labels(findings.summary)
    numbers = sorted(names)
    first, second = numbers[:2]

    def row(old, new, customers, share=None):
        sides = {"from_segment_id": old, "from_segment_name": old and f"Old {old}", "segment_id": new, "segment_name": new and names[new]}
        return sides | {"customers": customers, "from_share": share, "revenue_net": customers and Decimal(customers)}

    def make(counts=COUNTS, steadiness=None, lineage=(), days=2):
        movement = {"since_run": "r0", "since_as_of": "2026-01-01", "customers": counts, "steadiness": steadiness}
        rows = [row(n, n, 80, 0.8) for n in numbers] + [row(first, second, 20, 0.2), row(second, None, None), row(None, first, 30)]
        trend = [
            {"as_of": date(2026, 1, day + 1), "segment_id": n, "segment_name": names[n], "customers": 10 + day, "customer_share": 0.1}
            | {"revenue_net": Decimal(1), "run_id": f"r{day}"}
            for day in range(days)
            for n in numbers
        ]
        tables = {"migration": pd.DataFrame(rows), "lineage": pd.DataFrame(lineage), "trend": pd.DataFrame(trend)}
        return replace(findings, manifest=findings.manifest | {"movement": movement}, **tables)

    return make


def _plain(sentences):
    return [said.replace("\u00a0", " ") for said in sentences]


def test_it_is_said_how_many_moved_came_and_left(made):
    (said,) = _plain(changes.sentences(made()))
    assert said == (
        "Since the run of 2026-01-01 100 customers moved to another segment (10.0 % of those who are in both), 30 came, 0 left, "
        "and 900 are where they were."
    )


def test_numbers_of_few_are_not_told(made):
    (said,) = changes.sentences(made(counts=dict.fromkeys(COUNTS)))
    assert said == "Since the run of 2026-01-01 too few customers have moved, come or left to be told of by number."


def test_what_it_costs_that_customers_stay_is_said_where_any_do(made):
    assert _plain(changes.sentences(made(steadiness=STEADY)))[1] == (
        "40 customers near a border stay where they were, though another segment is slightly nearer: "
        "it costs 1.00 % of how closely segments fit."
    )
    assert len(changes.sentences(made(steadiness=STEADY | {"moved_to_nearest": 100}))) == 1


def _link(fate, old, new):
    return {"fate": fate, "from_segment_id": old, "from_segment_name": old and "Old <b>", "segment_id": new, "segment_name": new and "New"}


def test_the_fate_of_each_segment_is_said(made):
    lineage = [_link("continued", 1.0, 1.0), _link("split", 1, 4), _link("merged", 2, 1), _link("born", None, 5), _link("retired", 3, None)]
    assert changes.sentences(made(lineage=lineage))[1:] == [
        "4 · New is new: most of its customers come from 1 · Old <b>.",
        "2 · Old <b> has ended: most of its customers are in 1 · New now.",
        "5 · New is new, and comes from no one segment.",
        "3 · Old <b> has ended: its customers have left, or are in no one segment.",
    ]
    assert changes.sentences(made(lineage=lineage[:1]))[1] == "All segments continue those of the run before."


def test_the_map_has_those_who_came_and_left_last_and_no_number_where_it_would_tell_of_few(made):
    findings = made()
    shares = changes.flows(findings)
    numbers = sorted(segment_labels(findings.summary))
    assert (list(shares.index), list(shares.columns)) == ([*numbers, 0], [*numbers, 0])
    assert shares.loc[numbers[0], numbers[0]] == 0.8
    assert shares.loc[numbers[0], 0] == 0.0
    assert shares.loc[numbers[1], 0] != shares.loc[numbers[1], 0]
    assert shares.loc[0, numbers[0]] == 1.0


def test_the_page_has_the_section_after_a_run_and_none_without(made, findings):
    page = render_page(made(lineage=[_link("split", 1, 4)]))
    section = page.split('<section id="changes"')[1].split("</section>")[0]
    assert "<b>" not in section
    assert section.count("<svg") == 2
    assert 'href="#changes"' in page
    assert 'id="changes"' not in render_page(findings)
    assert render_page(made(days=1)).split('<section id="changes"')[1].split("</section>")[0].count("<svg") == 1


CAUSE = {"kind": "prices have changed", "evidence": "4 % <b>up</b>", "is_known": False, "verdict": "refit"}
IMPACT = {
    "silhouette": {"champion": 0.2, "challenger": 0.25},
    "stability": {"champion": None, "challenger": 0.9},
    "customers": COUNTS,
    "share_moved": 0.1,
    "revenue_share_moved": 0.05,
}


def test_the_page_says_what_watching_came_to(findings):
    manifest = findings.manifest | {"monitor": {"verdict": "refit", "causes": [CAUSE, CAUSE | {"is_known": True}]}}
    section = render_page(replace(findings, manifest=manifest)).split('<section id="changes"')[1].split("</section>")[0]
    assert "<strong>The model in use describes other customers than these: fit a new one.</strong>" in section
    assert "<li>Prices have changed: 4 % &lt;b&gt;up&lt;/b&gt;.</li>" in section
    assert "<li>Prices have changed (the model was fitted since): " in section


def test_a_quiet_first_run_has_no_section_of_changes(findings):
    manifest = findings.manifest | {"monitor": {"verdict": "keep scoring", "causes": []}}
    assert 'id="changes"' not in render_page(replace(findings, manifest=manifest))


def test_the_impact_of_a_new_model_is_said_as_far_as_it_is_told(made):
    findings = made()
    said = _plain(watch.impact(replace(findings, manifest=findings.manifest | {"challenge": IMPACT})))
    assert said == [
        "A new model: 10.0 % of 1,000 customers are in another segment by it, with 5.0 % of their net spend.",
        "Mean silhouette 0.250, of the model in use 0.200.",
    ]
    silent = IMPACT | {"share_moved": None, "customers": dict.fromkeys(COUNTS)}
    assert _plain(watch.impact(replace(findings, manifest=findings.manifest | {"challenge": silent}))) == said[1:]
    assert watch.impact(findings) == []
