"""What changed since the run before: sentences, the map of flows and its table, without small groups."""

from decimal import Decimal

import pandas as pd
import pytest

from segmentation.analyses.migration.section import flow_alt_text, flow_shares, flow_table, migration_section, migration_sentences
from segmentation.report.report_data import ReportData
from segmentation.report.section import Figure

COUNTS = {"new": 30, "left": 0, "stayed": 900, "moved": 100}
CHURN = {"customers": 1000, "moved": 100, "moved_to_nearest": 140, "wcss": 1010.0, "wcss_of_nearest": 1000.0}
SUMMARY = pd.DataFrame({"segment_id": [1, 2, 3], "segment_name": ["Best", "Rest", "Few"]})


def _flow(old, new, customers, share=None):
    names = {"from_segment_name": old and f"Old {old}", "segment_name": new and SUMMARY["segment_name"][new - 1]}
    spend = customers and Decimal(customers)
    return {"from_segment_id": old, "segment_id": new, **names, "customers": customers, "from_share": share, "revenue_net": spend}


FLOWS = [_flow(n, n, 80, 0.8) for n in (1, 2, 3)] + [_flow(1, 2, 20, 0.2), _flow(2, None, None), _flow(None, 1, 30)]


def _data(counts=COUNTS, churn=None, lineage=(), flows=FLOWS):
    facts = {"since_run": "r0", "since_as_of": "2026-01-01", "customers": counts, "churn": churn}
    tables = {"segment_summary": SUMMARY, "segment_migration": pd.DataFrame(flows), "segment_lineage": pd.DataFrame(lineage)}
    return ReportData({"analyses": {"migration": facts}}, tables)


def _sentences(**given):
    return [sentence.replace("\u00a0", " ") for sentence in migration_sentences(_data(**given))]


def test_a_sentence_has_how_many_moved_came_and_left():
    assert _sentences() == [
        "Since the run of 2026-01-01 100 customers moved to another segment (10.0 % of those who are in both), 30 came, 0 left, "
        "and 900 stayed where they were."
    ]


def test_suppressed_counts_are_not_shown():
    assert _sentences(counts=dict.fromkeys(COUNTS)) == [
        "Since the run of 2026-01-01 too few customers have moved, come or left to show their numbers."
    ]


def test_the_cost_of_hysteresis_is_shown_where_it_has_any():
    assert _sentences(churn=CHURN)[1] == (
        "40 customers near a boundary stay in their segment, though the center of another is slightly nearer: "
        "it costs 1.00 % of how closely segments fit."
    )
    assert len(_sentences(churn=CHURN | {"moved_to_nearest": 100})) == 1


def _event(fate, old, new):
    return {"event": fate, "from_segment_id": old, "from_segment_name": old and "Old <b>", "segment_id": new, "segment_name": new and "New"}


def test_each_segment_that_is_new_or_has_ended_has_a_sentence():
    lineage = [
        _event("continued", 1, 1),
        _event("split", 1, 4),
        _event("merged", 2, 1),
        _event("born", None, 5),
        _event("retired", 3, None),
    ]
    assert _sentences(lineage=lineage)[1:] == [
        "4 · New is new: most of its customers come from 1 · Old <b>.",
        "2 · Old <b> has ended: most of its customers are in 1 · New now.",
        "5 · New is new, and comes from no single segment.",
        "3 · Old <b> has ended: its customers have left, or are in no single segment.",
    ]
    assert _sentences(lineage=lineage[:1])[1] == "All segments continue those of the run before."


def test_the_map_has_new_customers_and_those_who_left_last_and_no_suppressed_share():
    shares = flow_shares(_data())
    assert (list(shares.index), list(shares.columns)) == ([1, 2, 3, 0], [1, 2, 3, 0])
    assert (shares.loc[1, 1], shares.loc[1, 0], shares.loc[0, 1]) == (0.8, 0.0, 1.0)
    assert pd.isna(shares.loc[2, 0])


def test_the_map_has_a_table_and_a_text():
    table = flow_table(_data())
    assert table.rows[3][:4] == ("1 · Old 1", "2 · Rest", "20", "20.0\u00a0%")
    assert table.rows[-2][:3] == ("2 · Old 2", "Left", "–")
    assert table.rows[-1][:3] == ("New customers", "1 · Best", "30")
    assert flow_alt_text(_data()).startswith("Map of where the customers of each segment are now. Still in their segment: 1 · Best 80.0")


@pytest.mark.parametrize(("flows", "n_figures"), [(FLOWS, 1), ([], 0)])
def test_the_section_has_the_map_where_there_are_flows(flows, n_figures):
    section = migration_section(_data(flows=flows))
    assert section.anchor == "changes"
    assert sum(isinstance(block, Figure) for block in section.blocks) == n_figures
