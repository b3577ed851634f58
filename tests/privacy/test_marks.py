"""Marks in pictures stand for groups."""

import numpy as np
import pandas as pd
import pytest

from segmentation.privacy.marks import marks_of

DRAW = np.random.default_rng(4)
POINTS = pd.DataFrame({"x": DRAW.normal(size=333), "y": DRAW.normal(size=333), "segment_id": [1] * 250 + [2] * 78 + [3] * 5})


def test_each_mark_is_the_mean_of_as_many_as_asked_and_less_than_twice_as_many():
    one_each = POINTS.assign(one=1.0, square=POINTS.index.to_numpy(float))
    found = marks_of(one_each, ("x", "y"), "segment_id", 10)
    assert found.groupby("segment_id").size().between(1, 25).all()
    assert len(found) > (250 + 78) / 20
    weights = {1: 250, 2: 78}
    for segment, mine in found.groupby("segment_id"):
        assert weights[segment] / 20 < len(mine) <= weights[segment] / 10


def test_all_customers_are_in_exactly_one_mark():
    parts = pd.DataFrame(np.eye(333)[:, :328], columns=[f"c{n}" for n in range(328)]).assign(
        x=POINTS["x"], y=POINTS["y"], segment_id=POINTS["segment_id"]
    )
    found = marks_of(parts, ("x", "y"), "segment_id", 10)
    shares = found[[f"c{n}" for n in range(328)]].to_numpy()
    assert ((shares > 0).sum(axis=0) == 1).all()
    assert ((shares > 0).sum(axis=1) >= 10).all()


def test_a_segment_of_too_few_has_no_mark():
    assert 3 not in set(marks_of(POINTS, ("x", "y"), "segment_id", 10)["segment_id"])


def test_marks_keep_close_together():
    found = marks_of(POINTS, ("x", "y"), "segment_id", 10)
    assert found["x"].std() > 0.6 * POINTS["x"].std()


def test_the_order_of_rows_changes_nothing():
    one, two = (marks_of(p, ("x", "y"), "segment_id", 10) for p in (POINTS, POINTS.sample(frac=1, random_state=1)))
    assert one.sort_values(["segment_id", "x"]).to_numpy() == pytest.approx(two.sort_values(["segment_id", "x"]).to_numpy())


def test_groups_of_one_are_the_points_themselves():
    assert marks_of(POINTS, ("x", "y"), "segment_id", 1) is POINTS
