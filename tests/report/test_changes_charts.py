"""Labels at the ends of lines can be read, however close the lines end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.report.changes_charts import apart

HEIGHTS = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_labels_far_from_each_other_stay_where_they_belong():
    assert apart([0.5, 0.1, 0.9], 0.1) == pytest.approx([0.5, 0.1, 0.9])


def test_labels_that_would_overlap_give_way_evenly():
    assert apart([0.51, 0.49, 0.1], 0.1) == pytest.approx([0.55, 0.45, 0.1])


@given(HEIGHTS)
def test_no_two_are_closer_than_the_least_and_none_passes_another(heights):
    placed = apart(heights, 0.05)
    pairs = sorted(zip(heights, placed, strict=True))
    assert all(above - below >= 0.05 - 1e-9 for below, above in zip(sorted(placed), sorted(placed)[1:], strict=False))
    assert [to for _, to in pairs] == sorted(placed)
