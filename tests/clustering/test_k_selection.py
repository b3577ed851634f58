"""Selection of k: within the limits, then by silhouette and stability, with a reason for each."""

import math
from dataclasses import replace

import pytest

from segmentation.clustering.k_selection import GroupSizeLimit, candidate_verdicts, elbow
from segmentation.clustering.k_sweep import Candidate
from segmentation.clustering.metrics import ClusterMetrics
from segmentation.errors import InputError
from segmentation.settings import ClusteringSettings

ANYONE = GroupSizeLimit(customers=1000, min_group_size=1)


def _candidate(k, silhouette=0.5, sizes=None, wcss=None, error=0.0, stability=0.9):
    measured = ClusterMetrics(silhouette, 100 / k if wcss is None else wcss, 1.0, 1.0, sizes or (10,) * k, error)
    return Candidate(k, measured, 0.0, 1.0, (1.0,) * (k - 1) + (stability,))


def _reasons(candidates, **settings):
    return {v.candidate.k: v.reason for v in candidate_verdicts(candidates, ClusteringSettings(**settings), ANYONE)}


def _selected(candidates, **settings):
    (selected,) = (v.candidate.k for v in candidate_verdicts(candidates, ClusteringSettings(**settings), ANYONE) if v.is_chosen)
    return selected


def test_the_best_silhouette_is_selected_and_every_k_has_a_reason():
    candidates = [_candidate(3, 0.31), _candidate(4, 0.42), _candidate(5, 0.4149)]
    assert _reasons(candidates) == {
        3: "silhouette 0.3100 with stability 0.90 is less than silhouette 0.4200 with stability 0.90 of 4 segments",
        4: "silhouette 0.4200 with stability 0.90 is the best of those that meet the limits",
        5: "silhouette 0.4149 with stability 0.90 is less than silhouette 0.4200 with stability 0.90 of 4 segments",
    }
    assert [(v.is_eligible, v.is_chosen) for v in candidate_verdicts(candidates, ClusteringSettings(), ANYONE)] == [
        (True, False),
        (True, True),
        (True, False),
    ]


def test_fewer_segments_than_k_min_are_never_selected():
    assert _selected([_candidate(2, 0.9), _candidate(3, 0.2)]) == 3
    assert _reasons([_candidate(2, 0.9), _candidate(3, 0.2)])[2] == "fewer than clustering.k_min (3)"


def test_a_k_with_too_small_a_segment_is_rejected_with_the_share():
    candidates = [_candidate(3, 0.2), _candidate(4, 0.9, sizes=(500, 300, 196, 4))]
    assert _selected(candidates) == 3
    assert _reasons(candidates)[4] == "the smallest segment would hold 0.40% of customers, less than clustering.min_segment_share (1.00%)"


def test_a_segment_of_exactly_the_minimum_share_is_large_enough():
    assert _selected([_candidate(3, 0.2), _candidate(4, 0.9, sizes=(500, 300, 190, 10))]) == 4


def test_a_segment_below_the_minimum_group_size_is_rejected_even_for_a_fixed_k():
    candidate = _candidate(3, 0.9, sizes=(60, 37, 3))
    with pytest.raises(InputError, match=r"fewer customers than privacy.min_group_size \(10\)"):
        candidate_verdicts([candidate], ClusteringSettings(k=3), GroupSizeLimit(300, 10))
    assert [v.is_chosen for v in candidate_verdicts([candidate], ClusteringSettings(k=3), GroupSizeLimit(350, 10))] == [True]


def test_a_clustering_with_an_empty_cluster_is_rejected():
    candidates = [_candidate(3, 0.2), _candidate(4, 0.9, sizes=(10, 0, 10, 0))]
    assert _reasons(candidates, min_segment_share=0)[4] == "only 2 of 4 clusters hold any customer"


def test_the_smaller_k_of_equal_silhouettes_is_selected():
    assert _selected([_candidate(k, 0.5) for k in (5, 3, 4)]) == 3


def test_a_k_with_an_unstable_segment_is_not_selected():
    candidates = [_candidate(3, 0.2), _candidate(4, 0.9, stability=0.59)]
    assert _selected(candidates) == 3
    assert _reasons(candidates)[4] == "the stability of its least stable segment is 0.59, less than clustering.min_stability (0.60)"


def test_the_silhouette_is_weighted_by_the_stability():
    candidates = [_candidate(3, 0.5, stability=1.0), _candidate(4, 0.6, stability=0.8)]
    assert _selected(candidates) == 3


def test_a_negative_silhouette_is_not_improved_by_a_low_stability():
    assert _selected([_candidate(3, -0.1, stability=0.9), _candidate(4, -0.2, stability=0.61)]) == 3


def test_if_no_k_is_stable_the_limit_is_waived_and_the_reason_says_so():
    candidates = [_candidate(3, 0.2, stability=0.3), _candidate(4, 0.4, stability=0.2)]
    assert _selected(candidates) == 4
    assert _reasons(candidates)[4] == (
        "silhouette 0.4000 with stability 0.20 is the best of those that meet the limits; "
        "no number is as stable as clustering.min_stability (0.60) asks"
    )


def test_without_stabilities_the_silhouette_alone_decides():
    unknown = [replace(_candidate(k, 0.1 * k), stabilities=(math.nan,) * k) for k in (3, 4)]
    assert _selected(unknown) == 4


def test_within_one_standard_error_of_the_best_the_most_stable_is_selected():
    candidates = [_candidate(3, 0.38, stability=0.84), _candidate(4, 0.40, error=0.01, stability=0.8), _candidate(5, 0.3, stability=0.99)]
    assert _reasons(candidates) == {
        3: "silhouette 0.3800 with stability 0.84 is as good within one standard error as "
        "silhouette 0.4000 with stability 0.80 of 4 segments, and more stable",
        4: "silhouette 0.4000 with stability 0.80 is as good within one standard error, but 3 segments are more stable",
        5: "silhouette 0.3000 with stability 0.99 is less than silhouette 0.4000 with stability 0.80 of 4 segments",
    }


def test_a_fixed_k_is_selected_despite_the_limits():
    verdicts = candidate_verdicts([_candidate(2, -0.1, sizes=(999, 1))], ClusteringSettings(k=2), ANYONE)
    assert [(v.is_chosen, v.is_eligible, v.reason) for v in verdicts] == [(True, True, "fixed by clustering.k")]


def test_a_fixed_k_that_cannot_be_formed_is_an_error_with_the_reason():
    with pytest.raises(InputError, match=r"^3 segments \(clustering.k\) cannot be formed: only 2 of 3 clusters hold any customer$"):
        candidate_verdicts([_candidate(3, sizes=(5, 5, 0))], ClusteringSettings(k=3), ANYONE)


def test_if_no_k_meets_the_limits_the_error_has_the_reason_for_each():
    candidates = [_candidate(2), _candidate(3, sizes=(90, 9, 1)), _candidate(4, sizes=(90, 10, 0, 0))]
    with pytest.raises(InputError) as raised:
        candidate_verdicts(candidates, ClusteringSettings(min_segment_share=0.02), ANYONE)
    assert str(raised.value).splitlines() == [
        "no number of segments meets the limits:",
        "  - 2: fewer than clustering.k_min (3)",
        "  - 3: the smallest segment would hold 1.00% of customers, less than clustering.min_segment_share (2.00%)",
        "  - 4: only 2 of 4 clusters hold any customer",
        "Lower clustering.min_segment_share, clustering.k_min or privacy.min_group_size",
    ]


def test_the_elbow_is_reported_and_does_not_decide():
    candidates = [_candidate(k, 0.1 * k, wcss=wcss) for k, wcss in ((2, 100), (3, 90), (4, 20), (5, 15), (6, 10))]
    verdicts = candidate_verdicts(candidates, ClusteringSettings(), ANYONE)
    assert [v.candidate.k for v in verdicts if v.is_elbow] == [4]
    assert [v.candidate.k for v in verdicts if v.is_chosen] == [6]


@pytest.mark.parametrize(
    ("curve", "knee"),
    [
        ([(2, 100), (3, 20), (4, 15), (5, 10)], 3),
        ([(2, 1e9), (3, 9e8), (4, 8e8), (5, 1e8), (6, 5e7), (7, 1e6)], 5),
        ([(2, 100), (3, 80), (4, 60), (5, 40)], None),
        ([(2, 100), (3, 79), (4, 59), (5, 40)], None),
        ([(2, 100), (3, 95), (4, 60), (5, 0)], None),
        ([(2, 100), (3, 100), (4, 100)], None),
        ([(2, 100), (3, 10)], None),
        ([(2, 100)], None),
        ([(2, 10), (3, 30), (4, 20)], None),
    ],
    ids=["knee at 3", "knee at 5", "straight", "nearly straight", "bulging", "flat", "two points", "one point", "rising"],
)
def test_the_elbow_is_the_k_farthest_below_the_chord(curve, knee):
    assert elbow(curve) == knee


def test_the_elbow_of_two_equal_ones_is_the_smaller_k():
    assert elbow([(2, 8), (3, 4), (4, 2), (6, 0)]) == 3
