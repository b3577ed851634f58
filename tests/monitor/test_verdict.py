"""The verdict follows from numbers: the gravest of what the causes call for, and causes by their right names."""

from datetime import date

import pytest

from segmentation.monitor.causes import VERDICTS, Cause, Kind, Verdict
from segmentation.monitor.drift import Drift, Spread
from segmentation.monitor.fit import Far
from segmentation.monitor.verdict import FIT, LAST, SEASON, Seen, judged
from segmentation.settings.monitor import MonitorSettings

SETTINGS = MonitorSettings()
QUIET = Far(10_000, 100, 300, 4)


def _drift(feature="spend", psi=0.4, segment=None, by_chance=0.01):
    return Drift(segment, feature, psi, by_chance, Spread(None), Spread(None), (1_000, 1_000))


def _judged(**seen):
    found = judged(Seen(**seen), SETTINGS)
    return found.verdict, [cause.kind for cause in found.causes]


def _cause(kind, since=None):
    return Cause(kind, "seen", "threshold", "reason", since)


def test_nothing_seen_is_keep_scoring():
    assert _judged() == (Verdict.KEEP, [])
    assert _judged(far=(QUIET, QUIET), silhouettes=(0.5, 0.5), drifts={LAST: [_drift(psi=0.05)]}, used=("spend",)) == (Verdict.KEEP, [])


def test_every_kind_has_a_verdict_and_the_gravest_goes_first():
    assert VERDICTS.keys() == set(Kind)
    found = _judged(feed=[_cause(Kind.SEASON), _cause(Kind.PRICE_CHANGE), _cause(Kind.DAY_DOUBLED)])
    assert found == (Verdict.STOP, [Kind.DAY_DOUBLED, Kind.PRICE_CHANGE, Kind.SEASON])


def test_a_season_and_a_change_of_demand_keep_scoring():
    assert _judged(feed=[_cause(Kind.SEASON), _cause(Kind.DEMAND)])[0] is Verdict.KEEP


def test_what_a_model_was_fitted_after_calls_for_no_refit_and_a_fault_stays_one():
    since = date(2025, 5, 1)
    for kind, verdict in ((Kind.PRICE_CHANGE, Verdict.KEEP), (Kind.DAY_MISSING, Verdict.STOP)):
        assert _judged(feed=[_cause(kind, since)], fitted_as_of=date(2025, 5, 2)) == (verdict, [kind])
    assert _judged(feed=[_cause(Kind.PRICE_CHANGE, since)], fitted_as_of=since)[0] is Verdict.REFIT


def test_a_run_that_has_just_fitted_its_model_is_not_told_to():
    seen = {"far": (Far(1_000, 200), QUIET), "drifts": {LAST: [_drift()]}, "used": ("spend",)}
    assert _judged(**seen)[0] is Verdict.REFIT
    assert _judged(**seen, is_new_model=True) == (Verdict.KEEP, [Kind.FAR_CUSTOMERS, Kind.DRIFT])


@pytest.mark.parametrize(("far", "is_told"), [(300, False), (301, True), (100, False)])
def test_three_times_as_many_far_customers_as_expected_are_too_many(far, is_told):
    assert _judged(far=(Far(10_000, far), QUIET)) == ((Verdict.REFIT, [Kind.FAR_CUSTOMERS]) if is_told else (Verdict.KEEP, []))


def test_of_few_customers_more_may_be_far_by_chance():
    assert _judged(far=(Far(100, 5), QUIET))[0] is Verdict.KEEP
    assert _judged(far=(Far(100, 7), QUIET))[0] is Verdict.REFIT
    assert _judged(far=(Far(100, 7), QUIET), smallest_group=10)[0] is Verdict.KEEP
    assert _judged(far=(Far(0, 0), QUIET))[0] is Verdict.KEEP


def test_far_customers_who_are_new_are_a_new_type():
    new = Far(10_000, 500, 600, 420)
    assert _judged(far=(new, QUIET)) == (Verdict.REFIT, [Kind.NEW_TYPE])
    old = Far(10_000, 500, 600, 30)
    assert _judged(far=(old, QUIET)) == (Verdict.REFIT, [Kind.FAR_CUSTOMERS])
    # Newcomers were as often far at the fit.
    assert _judged(far=(new, Far(10_000, 400, 600, 300))) == (Verdict.REFIT, [Kind.FAR_CUSTOMERS])


def test_shares_of_few_newcomers_are_kept_back():
    for few, are_told in ((1, True), (10, False)):
        found = judged(Seen(far=(Far(10_000, 500, 600, 420), Far(10_000, 100, 300, 4)), smallest_group=few), SETTINGS)
        assert ("of those who came in the last 28 days 70%" in found.causes[0].evidence) is are_told


def test_a_silhouette_may_lose_a_seventh():
    assert _judged(silhouettes=(0.43, 0.5)) == (Verdict.KEEP, [])
    assert _judged(silhouettes=(0.42, 0.5)) == (Verdict.REFIT, [Kind.SILHOUETTE])
    assert _judged(silhouettes=(-0.1, 0.0)) == (Verdict.KEEP, [])


def test_only_features_that_customers_are_compared_by_call_for_a_refit():
    assert _judged(drifts={LAST: [_drift("tenure")]}, used=("spend",)) == (Verdict.KEEP, [])
    assert _judged(drifts={LAST: [_drift("spend")]}, used=("spend",)) == (Verdict.REFIT, [Kind.DRIFT])
    assert _judged(drifts={LAST: [_drift("spend", psi=0.2)]}, used=("spend",)) == (Verdict.KEEP, [])
    assert _judged(drifts={LAST: [_drift("spend", by_chance=0.5)]}, used=("spend",)) == (Verdict.KEEP, [])


def test_drift_goes_by_the_run_that_fitted_the_model_where_that_is_not_the_last():
    moved, still = [_drift()], [_drift(psi=0.01)]
    assert _judged(drifts={LAST: moved, FIT: still}, used=("spend",))[0] is Verdict.KEEP
    assert _judged(drifts={LAST: still, FIT: moved}, used=("spend",))[0] is Verdict.REFIT


def test_what_is_as_in_the_same_season_keeps_scoring():
    moved, same, other = [_drift()], [_drift(psi=0.05)], [_drift(psi=0.6)]
    assert _judged(drifts={LAST: moved, SEASON: same}, used=("spend",)) == (Verdict.KEEP, [Kind.SEASON])
    assert _judged(drifts={LAST: moved, SEASON: other}, used=("spend",)) == (Verdict.REFIT, [Kind.DRIFT])
    assert _judged(drifts={SEASON: other}, used=("spend",)) == (Verdict.KEEP, [])


def test_segments_that_have_drifted_count_by_their_customers():
    drifts = {LAST: [_drift(psi=0.01), _drift(segment=4), _drift(segment=9, psi=0.01)]}
    for size, verdict in ((20, Verdict.KEEP), (30, Verdict.REFIT)):
        assert _judged(drifts=drifts, used=("spend",), sizes={4: size, 9: 100 - size})[0] is verdict


def test_a_cause_is_told_with_its_evidence_threshold_and_reason():
    told = judged(Seen(far=(Far(1_000, 90), QUIET)), SETTINGS).told()
    assert told == {
        "verdict": "refit",
        "causes": [
            {
                "kind": "customers far from any centre",
                "evidence": "9.0% of customers are farther from any centre than 99 % were at the fit",
                "threshold": "monitor.largest_far_share 0.03",
                "reason": "one in a hundred is expected: where there are three, there are customers that no segment describes",
                "since": None,
                "is_known": False,
                "verdict": "refit",
            }
        ],
    }
