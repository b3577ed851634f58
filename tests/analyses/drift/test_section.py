"""Drift over time: the features that moved most, on days from the first to the last, since the run that fitted the model."""

from datetime import date, timedelta

import pandas as pd
import pytest

from segmentation.analyses.drift.section import drift_section, psi_alt_text, psi_by_run, psi_table, shown_reference
from segmentation.report.report_data import ReportData

FIRST = date(2026, 1, 1)
FEATURES = ("recency_days", "monetary_net")


def _data(days, features=FEATURES, references=("last", "fit"), used=FEATURES, more=()):
    rows = [
        {"as_of": FIRST + timedelta(days=day), "reference": reference, "feature": feature, "psi": (number + 1) * day / 100}
        for day in range(1, days + 1)
        for reference in references
        for number, feature in enumerate(features)
    ]
    manifest = {"settings": {"monitor": {"max_psi": 0.25}}, "features": [{"feature": name} for name in used]}
    profile = pd.DataFrame({"feature": list(features)})
    return ReportData(manifest, {"drift_trend": pd.DataFrame([*rows, *more]), "segment_profile": profile})


def test_a_row_for_each_feature_the_largest_first_and_a_column_for_each_day():
    psi = psi_by_run(_data(3))
    assert list(psi.index) == ["Net spend", "Days since last purchase"]
    assert list(psi.columns) == ["2026-01-02", "2026-01-03", "2026-01-04"]
    assert psi.to_numpy().round(9).tolist() == [[0.02, 0.04, 0.06], [0.01, 0.02, 0.03]]


def test_unused_features_are_in_brackets():
    assert list(psi_by_run(_data(3, used=FEATURES[:1])).index) == ["(Net spend)", "Days since last purchase"]


def test_of_many_days_ten_are_shown_with_the_first_and_the_last():
    psi = psi_by_run(_data(300))
    assert (psi.shape[1], psi.columns[0], psi.columns[-1]) == (10, "2026-01-02", "2026-10-28")


def test_of_many_features_those_that_moved_most_are_shown():
    psi = psi_by_run(_data(2, features=[f"feature_{number:02d}" for number in range(30)]))
    assert len(psi) == 12
    assert (psi.iloc[0, -1], psi.iloc[-1, -1]) == (pytest.approx(0.6), pytest.approx(0.38))


@pytest.mark.parametrize(("references", "expected"), [(("last", "fit"), "fit"), (("last",), "last"), ((), "last")])
def test_the_reference_is_the_fit_where_it_is_known(references, expected):
    assert shown_reference(_data(2, references=references)) == expected


def test_of_a_day_that_is_described_again_the_last_rows_count():
    again = [{"as_of": FIRST + timedelta(days=2), "reference": "fit", "feature": feature, "psi": 9.0} for feature in FEATURES]
    assert psi_by_run(_data(2, more=again)).iloc[:, -1].tolist() == [9.0, 9.0]


@pytest.mark.parametrize(("days", "is_shown"), [(0, False), (1, False), (2, True)])
def test_the_section_is_shown_from_the_second_run_with_a_reference_on(days, is_shown):
    section = drift_section(_data(days))
    assert (section is not None) is is_shown
    assert section is None or "since the model was fitted, as the population stability index" in section.blocks[0].caption


def test_the_map_has_a_table_and_a_text():
    psi = psi_by_run(_data(2))
    assert psi_table(psi).rows[0] == ("Net spend", "0.020", "0.040")
    assert psi_alt_text(psi) == (
        "Map of the population stability index of 2 features over 2 runs. Highest on 2026-01-03: Net spend 0.04; "
        "Days since last purchase 0.02."
    )
