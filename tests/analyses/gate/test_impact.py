"""A challenger passes the gate or is stopped, each fault with its figures; null switches a limit off."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from segmentation.analyses.gate.gate import Gate, ModelQuality, gate_faults, refit_impact, suppress_impact
from segmentation.errors import SettingsError
from segmentation.fitted.identity import Flow
from segmentation.settings import settings_from_dict
from segmentation.settings.output import PublishSettings

SAME = ModelQuality(0.5, 0.9)
STAYED = [Flow(1, 1, 70, Decimal(700)), Flow(2, 2, 30, Decimal(300)), Flow(None, 2, 50, Decimal(9_000)), Flow(1, None, 40, Decimal(9_000))]


def _faults(challenger=SAME, flows=STAYED, **settings):
    return list(gate_faults(refit_impact(SAME, challenger, flows), PublishSettings(**settings)))


def test_a_challenger_that_changes_little_passes():
    assert _faults() == []
    assert _faults(ModelQuality(0.46, 0.76)) == []
    assert _faults(ModelQuality(0.9, 1.0)) == []


def test_segments_of_lower_quality_are_stopped():
    assert _faults(ModelQuality(0.44, 0.7)) == [
        "silhouette: 0.440, of the model in use 0.500; publish.max_silhouette_drop is 0.05",
        "stability of the least stable segment: 0.700, of the model in use 0.900; publish.max_stability_drop is 0.15",
    ]


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ([Flow(1, 1, 70), Flow(1, 2, 30)], []),
        (
            [Flow(1, 1, 69, Decimal(900)), Flow(1, 2, 31, Decimal(100))],
            ["customers who would move to another segment: 31.0%; publish.max_moved_share is 30%"],
        ),
        (
            [Flow(1, 1, 90, Decimal(59)), Flow(1, 2, 10, Decimal(41))],
            ["net revenue of customers who would move: 41.0%; publish.max_moved_revenue_share is 40%"],
        ),
        # A share of nearly all would reveal the few who stay.
        (
            [Flow(1, 1, 3, Decimal(3)), Flow(1, 2, 997, Decimal(997))],
            [
                "customers who would move to another segment: more than 90%; publish.max_moved_share is 30%",
                "net revenue of customers who would move: more than 90%; publish.max_moved_revenue_share is 40%",
            ],
        ),
    ],
)
def test_too_many_moved_customers_or_too_much_moved_revenue_are_stopped(flows, expected):
    assert _faults(flows=flows) == expected


def test_customers_who_are_new_or_have_left_have_not_moved():
    impact = refit_impact(SAME, SAME, STAYED)
    assert (impact.moved_share, impact.moved_revenue_share, impact.customers["new"]) == (0.0, 0.0, 50)


def test_null_switches_each_limit_off():
    off = dict.fromkeys(("max_silhouette_drop", "max_stability_drop", "max_moved_share", "max_moved_revenue_share"))
    assert _faults(ModelQuality(-1.0, 0.0), [Flow(1, 2, 5, Decimal(5))], **off) == []


def test_unknown_figures_raise_no_fault():
    assert _faults(ModelQuality(None, None), [Flow(1, 1, 5)]) == []
    assert refit_impact(SAME, SAME, [Flow(1, 2, 5)]).moved_revenue_share is None
    assert refit_impact(SAME, SAME, [Flow(1, 2, 5, Decimal(-5))]).moved_revenue_share is None
    assert refit_impact(SAME, SAME, []).moved_share == 0.0


def test_the_impact_has_both_sides():
    flows = [Flow(1, 1, 60, Decimal(60)), Flow(1, 2, 40, Decimal(40)), Flow(None, 1, 7, Decimal(1))]
    assert refit_impact(SAME, ModelQuality(0.4, None), flows).to_dict() == {
        "silhouette": {"champion": 0.5, "challenger": 0.4},
        "stability": {"champion": 0.9, "challenger": None},
        "customers": {"new": 7, "left": 0, "stayed": 60, "moved": 40},
        "moved_share": 0.4,
        "moved_revenue_share": 0.4,
    }


def test_quality_is_that_of_the_summary():
    quality = ModelQuality.of(
        [{"silhouette": 0.6, "customers": 1, "stability": 0.8}, {"silhouette": 0.2, "customers": 3, "stability": 0.95}]
    )
    assert (quality.silhouette, quality.stability) == (pytest.approx(0.3), 0.8)


def test_impossible_limits_are_rejected():
    with pytest.raises(SettingsError, match="max_moved_share"):
        settings_from_dict({"publish": {"max_moved_share": 2}})


def _suppressed(**small):
    size = {"stayed": 150, "moved": 50, "new": 20, "left": 10, **small}
    flows = [Flow(1, 1, size["stayed"]), Flow(1, 2, size["moved"]), Flow(None, 1, size["new"]), Flow(1, None, size["left"])]
    return suppress_impact(refit_impact(SAME, SAME, flows).to_dict(), 10)


def test_large_groups_are_published():
    impact = _suppressed()
    assert impact["customers"] == {"new": 20, "left": 10, "stayed": 150, "moved": 50}
    assert impact["moved_share"] == 0.25


@pytest.mark.parametrize("small", [{"moved": 3}, {"left": 9}, {"new": 1}, {"stayed": 5}])
def test_counts_and_shares_are_suppressed_where_a_group_is_small(small):
    impact = _suppressed(**small)
    assert set(impact["customers"].values()) == {None}
    assert (impact["moved_share"], impact["moved_revenue_share"]) == (None, None)
    assert impact["silhouette"] == {"champion": 0.5, "challenger": 0.5}


def test_faults_of_the_challenger_stop_the_run():
    def summary(silhouette):
        return [{"segment_id": 1, "customers": 100, "silhouette": silhouette, "stability": 0.9}]

    predecessor = SimpleNamespace(summary=lambda: summary(0.5), run=SimpleNamespace(run_id="r1"))
    segments = SimpleNamespace(predecessor=predecessor, is_new_model=True, published_summary=summary(0.4), flows=STAYED)
    result = Gate().compute(SimpleNamespace(settings=SimpleNamespace(publish=PublishSettings())), segments)
    assert result.faults == ("silhouette: 0.400, of the model in use 0.500; publish.max_silhouette_drop is 0.05 (against run r1)",)
