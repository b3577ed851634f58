"""The page says plainly what the segments foretell, whichever way it went."""

from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree

import pandas as pd
import pytest

from segmentation.report import outlook, render_page, rfm

TOLD = {"cut": "2011-09-09", "until": "2011-12-08", "days": 90, "customers": 3359, "segments": 2, "straddling_orders": 0}


def usefulness(rfm_ahead=(0.0, 0.0, 0.0), random_ahead=(0.1, 0.1, 0.1)):
    """Differences from RFM and from random groups by outcome, each with a standard error of 0.01."""
    found = []
    for place, (outcome, mean) in enumerate({"repurchase": 0.567, "orders": 1.5, "spend": 750.0}.items()):
        for grouping, groups, share, ahead in (
            ("segments", 2, 0.126, None),
            ("rfm", 10, 0.161, rfm_ahead[place]),
            ("random", 2, -0.001, random_ahead[place]),
        ):
            numbers = {"eta_squared": 0.13, "epsilon_squared": share, "standard_error": 0.009, "mean": mean}
            error = None if ahead is None else 0.01
            row = {"grouping": grouping, "outcome": outcome, "groups": groups, "customers": 3359}
            found.append(row | numbers | {"segments_ahead": ahead, "segments_ahead_error": error})
    return pd.DataFrame(found)


def groups():
    names = {("segments", 1): ("Best <b>customers</b>", 2.73), ("segments", 2): ("Lapsed", 0.25), ("rfm", 1): ("Champions", 3.3)}
    names |= {("random", 1): ("Random group 1", 1.02)}
    return pd.DataFrame(
        [
            {"grouping": grouping, "group_id": number, "group_name": name, "outcome": outcome, "customers": 10, "mean": 0.5, "lift": lift}
            for (grouping, number), (name, lift) in names.items()
            for outcome in ("repurchase", "orders", "spend")
        ]
    )


@pytest.fixture
def made(findings):
    def make(**ahead):
        manifest = findings.manifest | {"usefulness": TOLD, "rfm": {"cut_points": {}, "adjusted_rand": 0.2425}}
        baseline = {"rfm_segment": "Champions", "customers": 651, "customer_share": 0.15, "revenue_net": Decimal("4272777.17")}
        medians = {"recency_days_median": 6.0, "frequency_orders_median": 8.0, "monetary_net_median": 2556.68, "revenue_share": 0.5154}
        tables = {"rfm": pd.DataFrame([baseline | medians]), "usefulness": usefulness(**ahead), "usefulness_segments": groups()}
        return replace(findings, manifest=manifest, **tables)

    return make


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (
            {"rfm_ahead": (-0.03, 0.0, 0.05)},
            "These segments tell more than RFM quintiles about what they spent. "
            "RFM quintiles tell more than these segments about whether they bought again. "
            "No difference from RFM quintiles can be made out in how many orders they placed.",
        ),
        (
            {"rfm_ahead": (-0.03, -0.03, -0.03)},
            "RFM quintiles tell more than these segments about whether they bought again, how many orders they placed and what they spent.",
        ),
        (
            {"random_ahead": (0.1, 0.1, 0.01)},
            "No difference from RFM quintiles can be made out in whether they bought again, how many orders they placed and what they "
            "spent. These segments tell no more than random groups about what they spent.",
        ),
    ],
    ids=["each once", "RFM is better", "no better than chance"],
)
def test_the_verdict_names_who_tells_more(made, ahead, expected):
    assert outlook.verdict(made(**ahead)) == expected


def test_a_difference_nobody_knows_the_error_of_is_none(made):
    found = made(rfm_ahead=(0.5, 0.5, 0.5))
    unsure = replace(found, usefulness=found.usefulness.assign(segments_ahead_error=None))
    assert "No difference from RFM quintiles can be made out in whether" in outlook.verdict(unsure)


def test_the_story_says_when_and_how_many_came_back(made):
    told = outlook.what_was_done(made()).replace("\u00a0", " ")
    assert told.endswith(
        "what 3,359 customers had done before that day, and held against what they did in the 90 days from then on: 56.7 % bought again."
    )


def test_orders_on_both_sides_of_the_day_are_told(made):
    found = made()
    late = replace(found, manifest=found.manifest | {"usefulness": TOLD | {"straddling_orders": 1}})
    assert outlook.what_was_done(late).endswith(" 1 order was begun before that day with lines after it: counted as before, whole.")


def test_the_lifts_name_the_highest_and_the_lowest_of_our_segments(made):
    assert outlook.lifts(made()) == ("Best <b>customers</b> went on to spend 2.73 times what the average customer did, Lapsed 0.25 times.")


def test_the_lift_table_shows_ours_and_rfms_and_no_random_groups(made):
    assert [row[:2] for row in outlook.lift_table(made()).rows] == [
        ("Best <b>customers</b>", "ours"),
        ("Lapsed", "ours"),
        ("Champions", "RFM"),
    ]


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (1.0, "almost the same grouping"),
        (0.7, "largely the same"),
        (0.3, "alike in part"),
        (0.24, "alike in little"),
        (-0.01, "no more alike than"),
    ],
)
def test_agreement_is_told_in_words(made, index, words):
    found = made()
    assert f"The two are {words}" in rfm.agreement(replace(found, manifest=found.manifest | {"rfm": {"adjusted_rand": index}}))


def test_the_page_has_both_sections_with_a_chart_and_tables_and_names_escaped(made):
    page = render_page(made())
    section = page.split('<section id="outlook"')[1].split("</section>")[0]
    chart = ElementTree.fromstring("<svg" + section.split("<svg")[1].split("</svg>")[0] + "</svg>")
    assert "random groups −0.1\u00a0%" in chart.attrib["aria-label"]
    assert section.count("<table") == 2
    assert "Best &lt;b&gt;customers&lt;/b&gt;" in section
    assert "<b>customers" not in page
    assert 'href="#outlook"' in page
    assert "4,272,777.17" in page.split('<section id="rfm"')[1]


def test_the_page_has_neither_where_there_is_nothing_to_tell(findings):
    page = render_page(findings)
    assert [place for place in ("outlook", "rfm") if f'id="{place}"' in page or f'href="#{place}"' in page] == []


def test_the_chart_can_be_drawn_where_nothing_is_explained(made):
    found = made()
    nothing = found.usefulness.assign(epsilon_squared=None, eta_squared=None, standard_error=None)
    assert "these segments –" in render_page(replace(found, usefulness=nothing))
