"""How segments have grown over all runs; labels at the ends of lines can be read, however close the lines end."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.analyses.history.section import history_section, spread_out, trend_alt_text, trend_table
from segmentation.report.report_data import ReportData

HEIGHTS = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def _data(days):
    summary = pd.DataFrame({"segment_id": [1, 2], "segment_name": ["Best", "Rest"], "revenue_net": Decimal(1)})
    trend = [
        {"as_of": date(2026, 1, day + 1), "segment_id": number, "segment_name": f"S{number}", "customers": 10 + day}
        | {"customer_share": 0.1 + day / 10, "revenue_net": Decimal(1)}
        for day in range(days)
        for number in (1, 2)
    ]
    return ReportData({}, {"segment_summary": summary, "segment_trend": pd.DataFrame(trend)})


@pytest.mark.parametrize(("days", "is_shown"), [(0, False), (1, False), (2, True)])
def test_the_section_is_shown_from_the_second_run_on(days, is_shown):
    section = history_section(_data(days))
    assert (section is not None) is is_shown
    assert section is None or str(section.blocks[0].chart.svg).startswith("<svg")


def test_the_table_has_the_latest_run_first():
    assert [row[:3] for row in trend_table(_data(2)).rows] == [
        ("2026-01-02", "1 · S1", "11"), ("2026-01-02", "2 · S2", "11"), ("2026-01-01", "1 · S1", "10"), ("2026-01-01", "2 · S2", "10"),
    ]  # fmt: skip


def test_the_text_has_the_first_and_the_last_share():
    text = "Lines of the share of customers in each segment over 2 runs: Best from 10.0 % to 20.0 %; Rest from 10.0 % to 20.0 %."
    assert trend_alt_text(_data(2)).replace("\u00a0", " ") == text


def test_labels_far_from_each_other_stay_where_they_belong():
    assert spread_out([0.5, 0.1, 0.9], 0.1) == pytest.approx([0.5, 0.1, 0.9])


def test_labels_that_would_overlap_move_apart_evenly():
    assert spread_out([0.51, 0.49, 0.1], 0.1) == pytest.approx([0.55, 0.45, 0.1])


@given(HEIGHTS)
def test_no_two_labels_are_closer_than_the_minimum_and_none_passes_another(heights):
    spread = spread_out(heights, 0.05)
    pairs = sorted(zip(heights, spread, strict=True))
    assert all(above - below >= 0.05 - 1e-9 for below, above in zip(sorted(spread), sorted(spread)[1:], strict=False))
    assert [to for _, to in pairs] == sorted(spread)
