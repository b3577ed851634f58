"""Drift over time: the features that moved most, on days from the first to the last, against the run that fitted the model."""

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from segmentation.report import drifts, render_page

FIRST = date(2026, 1, 1)


@pytest.fixture
def drifted(findings):
    def make(days, features=("recency_days", "monetary_net"), references=("last", "fit")):
        rows = [
            {"as_of": FIRST + timedelta(days=day), "reference": reference, "feature": feature, "psi": (place + 1) * day / 100}
            | {"psi_by_chance": 0.001, "verdict": "stable", "run_id": f"r{day}", "reference_run_id": "r0"}
            for day in range(1, days + 1)
            for reference in references
            for place, feature in enumerate(features)
        ]
        settings = {"settings": {"monitor": {"largest_psi": 0.25}}}
        return replace(findings, manifest=findings.manifest | settings, drift_trend=pd.DataFrame(rows))

    return make


def test_a_row_for_each_feature_the_farthest_first_and_a_column_for_each_day(drifted):
    psi = drifts.over_time(drifted(3))
    assert list(psi.index) == ["Net spend", "Days since last purchase"]
    assert list(psi.columns) == ["2026-01-02", "2026-01-03", "2026-01-04"]
    assert psi.to_numpy().round(9).tolist() == [[0.02, 0.04, 0.06], [0.01, 0.02, 0.03]]


def test_features_that_customers_are_not_compared_by_stand_in_brackets(drifted):
    found = drifted(3)
    others = [row for row in found.manifest["features"] if row["feature"] != "monetary_net"]
    psi = drifts.over_time(replace(found, manifest=found.manifest | {"features": others}))
    assert list(psi.index) == ["(Net spend)", "Days since last purchase"]


def test_of_many_days_ten_are_shown_with_the_first_and_the_last(drifted):
    psi = drifts.over_time(drifted(300))
    assert (psi.shape[1], psi.columns[0], psi.columns[-1]) == (10, "2026-01-02", "2026-10-28")


def test_of_many_features_those_that_moved_most_are_shown(drifted):
    psi = drifts.over_time(drifted(2, features=[f"feature_{number:02d}" for number in range(30)]))
    assert len(psi) == 12
    assert psi.iloc[0, -1] == pytest.approx(0.6)
    assert psi.iloc[-1, -1] == pytest.approx(0.38)


@pytest.mark.parametrize(("references", "since"), [(("last", "fit"), "the model was fitted"), (("last",), "the run before")])
def test_it_is_told_against_what(drifted, references, since):
    assert drifts.since(drifted(2, references=references)) == since


def test_a_day_said_anew_counts_as_said_last(drifted):
    findings = drifted(2)
    again = findings.drift_trend[findings.drift_trend["as_of"] == FIRST + timedelta(days=2)].assign(psi=9.0)
    both = replace(findings, drift_trend=pd.concat([findings.drift_trend, again]))
    assert drifts.over_time(both).iloc[:, -1].tolist() == [9.0, 9.0]


def test_the_page_shows_it_from_the_second_run_with_a_reference_on(drifted):
    found = drifted(3)
    movement = {
        "since_run": "r0",
        "since_as_of": "2026-01-01",
        "customers": dict.fromkeys(("new", "left", "stayed", "moved")),
        "steadiness": None,
    }
    found = replace(found, manifest=found.manifest | {"movement": movement})
    page = render_page(found)
    assert "since the model was fitted, as the population stability index" in page
    assert drifts.alternative(drifts.over_time(found)) in page
    assert "population stability index" not in render_page(
        replace(found, drift_trend=found.drift_trend[found.drift_trend["as_of"] == FIRST + timedelta(days=1)])
    )
