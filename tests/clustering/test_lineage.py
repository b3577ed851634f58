"""Lineage of segments, in cases small enough to check by eye."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from segmentation.clustering.lineage import Fate, SegmentOverlap, inherited_ids, match_segments

FAR = np.array([[0.0], [10.0], [20.0], [30.0], [40.0]])


def _overlap(counts, means=None, old_means=None, sizes=None, old_sizes=None):
    counts = np.array(counts)
    return SegmentOverlap(
        counts,
        counts.sum(axis=1) if sizes is None else np.array(sizes),
        counts.sum(axis=0) if old_sizes is None else np.array(old_sizes),
        FAR[: counts.shape[0]] if means is None else np.array(means, dtype=float),
        FAR[: counts.shape[1]] if old_means is None else np.array(old_means, dtype=float),
    )


def _fates(overlap):
    return [(link.fate.value, link.old, link.new) for link in match_segments(overlap)]


def test_segments_of_the_same_customers_are_continued_whatever_their_order_and_centers():
    assert _fates(_overlap([[0, 95, 5], [90, 0, 10], [2, 3, 95]])) == [("continued", 1, 0), ("continued", 0, 1), ("continued", 2, 2)]


def test_of_a_segment_in_two_parts_the_larger_continues_it_and_the_other_is_split():
    (first, second, third) = match_segments(_overlap([[60, 0], [40, 0], [0, 100]]))
    assert [(link.fate, link.old, link.new) for link in (first, second, third)] == [
        (Fate.CONTINUED, 0, 0),
        (Fate.CONTINUED, 1, 2),
        (Fate.SPLIT, 0, 1),
    ]
    assert (third.customers, third.old_share, third.new_share) == (40, 0.4, 1.0)


def test_of_two_segments_in_one_the_larger_is_continued_and_the_other_merged():
    assert _fates(_overlap([[70, 30, 0], [0, 0, 50]])) == [("continued", 0, 0), ("continued", 2, 1), ("merged", 1, 0)]


def test_a_type_that_left_is_retired_and_a_new_one_is_born():
    overlap = _overlap([[100, 0, 0], [0, 100, 0], [0, 0, 0]], [[0], [10], [90]], sizes=[100, 100, 80], old_sizes=[100, 100, 80])
    assert _fates(overlap) == [("continued", 0, 0), ("continued", 1, 1), ("born", None, 2), ("retired", 2, None)]


def test_new_customers_near_the_center_of_those_who_left_continue_their_segment():
    overlap = _overlap([[100, 0, 0], [0, 100, 0], [0, 0, 0]], [[0], [10], [21]], sizes=[100, 100, 80], old_sizes=[100, 100, 80])
    assert _fates(overlap)[-1] == ("continued", 2, 2)


def test_without_common_customers_segments_are_matched_by_their_centers():
    nobody = np.zeros((3, 3), dtype=int)
    overlap = _overlap(nobody, [[19], [1], [55]], sizes=[50, 50, 50], old_sizes=[50, 50, 50])
    assert _fates(overlap) == [("continued", 2, 0), ("continued", 0, 1), ("born", None, 2), ("retired", 1, None)]


def test_a_segment_whose_customers_went_everywhere_is_retired():
    fates = _fates(_overlap([[90, 0, 30], [0, 90, 30], [50, 50, 30]]))
    assert fates == [("continued", 0, 0), ("continued", 1, 1), ("born", None, 2), ("retired", 2, None)]


def test_a_new_segment_gets_an_unused_id():
    links = match_segments(_overlap([[0, 0, 90], [40, 0, 0], [60, 0, 0]]))
    assert inherited_ids(links, old_ids=[1, 4, 6], last_id=9) == (6, 10, 1)


@given(st.lists(st.lists(st.integers(0, 50), min_size=3, max_size=3), min_size=2, max_size=5))
def test_every_segment_is_in_one_link_and_no_id_is_inherited_twice(counts):
    links = match_segments(_overlap(counts))
    continued = [link for link in links if link.fate is Fate.CONTINUED]
    assert sorted(link.new for link in links if link.fate in (Fate.CONTINUED, Fate.SPLIT, Fate.BORN)) == list(range(len(counts)))
    assert sorted(link.old for link in links if link.fate in (Fate.CONTINUED, Fate.MERGED, Fate.RETIRED)) == [0, 1, 2]
    assert len({link.old for link in continued}) == len(continued)


def test_the_order_of_segments_has_no_influence():
    counts, means = np.array([[80, 5, 0], [10, 90, 3], [5, 0, 40]]), FAR[:3]
    turned = [2, 0, 1]
    plain = {(link.fate, link.old, link.new) for link in match_segments(_overlap(counts, means))}
    other = {(link.fate, link.old, turned[link.new]) for link in match_segments(_overlap(counts[turned], means[turned]))}
    assert plain == other
