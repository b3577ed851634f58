"""The decision follows from numbers: the gravest verdict that any alert calls for."""

from datetime import date

import pytest

from segmentation.analyses.monitoring.decision import VERDICT_BY_KIND, Alert, AlertKind, MonitoringInputs, MonitoringVerdict, decide
from segmentation.analyses.monitoring.model_fit import FarCustomers
from segmentation.analyses.monitoring.settings import MonitorSettings
from segmentation.fitted.references import FIT, LAST, SEASON
from segmentation.profiling.psi import Deciles, FeatureDrift

SETTINGS = MonitorSettings()
CONTINUE, REFIT, STOP = MonitoringVerdict.CONTINUE, MonitoringVerdict.REFIT, MonitoringVerdict.STOP
USUAL = FarCustomers(10_000, 100, 300, 4)


def _drift(feature="spend", psi=0.4, segment=None, psi_null_p999=0.01):
    return FeatureDrift(segment, feature, psi, psi_null_p999, Deciles(None), Deciles(None), (1_000, 1_000))


def _decided(**inputs):
    decision = decide(MonitoringInputs(**inputs), SETTINGS)
    return decision.verdict, [alert.kind for alert in decision.alerts]


def _by_drift(**drifts):
    return _decided(drifts=drifts, used_features=("spend",))


def _alert(kind, since=None):
    return Alert(kind, "evidence", "threshold", "reason", since)


def test_without_alerts_scoring_continues():
    assert _decided() == (CONTINUE, [])
    drifts = {LAST: [_drift(psi=0.05)]}
    assert _decided(far=(USUAL, USUAL), silhouettes=(0.5, 0.5), drifts=drifts, used_features=("spend",)) == (CONTINUE, [])


def test_every_kind_has_a_verdict_and_the_gravest_goes_first():
    assert VERDICT_BY_KIND.keys() == set(AlertKind)
    alerts = [_alert(kind) for kind in (AlertKind.SEASON, AlertKind.PRICE_CHANGE, AlertKind.DAY_DUPLICATED)]
    assert _decided(feed_alerts=alerts) == (STOP, [AlertKind.DAY_DUPLICATED, AlertKind.PRICE_CHANGE, AlertKind.SEASON])


def test_a_season_and_a_change_of_demand_need_no_refit():
    assert _decided(feed_alerts=[_alert(AlertKind.SEASON), _alert(AlertKind.DEMAND)])[0] is CONTINUE


def test_a_change_before_the_fit_needs_no_refit_but_a_fault_remains_one():
    since = date(2025, 5, 1)
    for kind, verdict in ((AlertKind.PRICE_CHANGE, CONTINUE), (AlertKind.DAY_MISSING, STOP)):
        assert _decided(feed_alerts=[_alert(kind, since)], fitted_as_of=date(2025, 5, 2)) == (verdict, [kind])
    assert _decided(feed_alerts=[_alert(AlertKind.PRICE_CHANGE, since)], fitted_as_of=since)[0] is REFIT


def test_a_run_that_has_just_fitted_its_model_needs_no_refit():
    inputs = {"far": (FarCustomers(1_000, 200), USUAL), "drifts": {LAST: [_drift()]}, "used_features": ("spend",)}
    assert _decided(**inputs)[0] is REFIT
    assert _decided(**inputs, is_new_model=True) == (CONTINUE, [AlertKind.FAR_CUSTOMERS, AlertKind.DRIFT])


@pytest.mark.parametrize(("far", "expected"), [(300, CONTINUE), (301, REFIT), (100, CONTINUE)])
def test_more_than_three_times_as_many_far_customers_as_expected_are_too_many(far, expected):
    assert _decided(far=(FarCustomers(10_000, far), USUAL)) == (expected, [AlertKind.FAR_CUSTOMERS] if expected is REFIT else [])


@pytest.mark.parametrize(
    ("far", "min_group_size", "expected"),
    [
        (FarCustomers(100, 5), 1, CONTINUE),
        (FarCustomers(100, 7), 1, REFIT),
        (FarCustomers(100, 7), 10, CONTINUE),
        (FarCustomers(0, 0), 1, CONTINUE),
    ],
)
def test_small_groups_may_have_more_customers_far_away_by_chance(far, min_group_size, expected):
    assert _decided(far=(far, USUAL), min_group_size=min_group_size)[0] is expected


@pytest.mark.parametrize(
    ("far", "at_fit", "expected"),
    [
        (FarCustomers(10_000, 500, 600, 420), USUAL, AlertKind.NEW_TYPE),
        (FarCustomers(10_000, 500, 600, 30), USUAL, AlertKind.FAR_CUSTOMERS),
        # Newcomers were as often far at the fit.
        (FarCustomers(10_000, 500, 600, 420), FarCustomers(10_000, 400, 600, 300), AlertKind.FAR_CUSTOMERS),
    ],
)
def test_far_customers_who_are_new_are_a_new_type(far, at_fit, expected):
    assert _decided(far=(far, at_fit)) == (REFIT, [expected])


@pytest.mark.parametrize(("min_group_size", "is_shown"), [(1, True), (10, False)])
def test_shares_of_small_groups_of_newcomers_are_suppressed(min_group_size, is_shown):
    far = FarCustomers(10_000, 500, 600, 420), FarCustomers(10_000, 100, 300, 4)
    decision = decide(MonitoringInputs(far=far, min_group_size=min_group_size), SETTINGS)
    assert ("of those who came in the last 28 days 70%" in decision.alerts[0].evidence) is is_shown


def test_a_silhouette_may_lose_a_seventh():
    assert _decided(silhouettes=(0.43, 0.5)) == (CONTINUE, [])
    assert _decided(silhouettes=(0.42, 0.5)) == (REFIT, [AlertKind.SILHOUETTE])
    assert _decided(silhouettes=(-0.1, 0.0)) == (CONTINUE, [])


@pytest.mark.parametrize("drift", [_drift("tenure"), _drift(psi=0.2), _drift(psi_null_p999=0.5)])
def test_a_shift_of_an_unused_feature_or_within_the_limits_needs_no_refit(drift):
    assert _by_drift(last=[_drift()]) == (REFIT, [AlertKind.DRIFT])
    assert _by_drift(last=[drift]) == (CONTINUE, [])


def test_drift_is_measured_since_the_fit_where_that_is_not_the_last_run():
    shifted, stable = [_drift()], [_drift(psi=0.01)]
    assert _by_drift(last=shifted, fit=stable)[0] is CONTINUE
    assert _by_drift(last=stable, fit=shifted)[0] is REFIT


def test_a_shift_that_the_same_season_had_needs_no_refit():
    shifted, as_in_season, unlike_season = [_drift()], [_drift(psi=0.05)], [_drift(psi=0.6)]
    assert _by_drift(last=shifted, season=as_in_season) == (CONTINUE, [AlertKind.SEASON])
    assert _by_drift(last=shifted, season=unlike_season) == (REFIT, [AlertKind.DRIFT])
    assert _by_drift(season=unlike_season) == (CONTINUE, [])
    assert (LAST, SEASON, FIT) == ("last", "season", "fit")


@pytest.mark.parametrize(("size", "expected"), [(20, CONTINUE), (30, REFIT)])
def test_drifted_segments_count_by_their_customers(size, expected):
    drifts = {LAST: [_drift(psi=0.01), _drift(segment=4), _drift(segment=9, psi=0.01)]}
    assert _decided(drifts=drifts, used_features=("spend",), segment_sizes={4: size, 9: 100 - size})[0] is expected


def test_an_alert_has_evidence_threshold_and_reason():
    assert decide(MonitoringInputs(far=(FarCustomers(1_000, 90), USUAL)), SETTINGS).to_dict() == {
        "verdict": "refit",
        "alerts": [
            {
                "kind": "customers far from any center",
                "evidence": "9.0% of customers are farther from any center than 99 % were at the fit",
                "threshold": "monitor.max_far_share 0.03",
                "reason": "one in a hundred is expected: where there are three, there are customers that no segment describes",
                "since": None,
                "is_known": False,
                "verdict": "refit",
            }
        ],
    }
