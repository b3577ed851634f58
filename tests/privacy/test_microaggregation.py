"""Points of scatter plots are means of groups of customers."""

import numpy as np
import pandas as pd
import pytest

from segmentation.privacy.microaggregation import microaggregated

DRAW = np.random.default_rng(4)
POINTS = pd.DataFrame({"x": DRAW.normal(size=333), "y": DRAW.normal(size=333), "segment_id": [1] * 250 + [2] * 78 + [3] * 5})


def test_each_group_has_at_least_the_minimum_and_less_than_twice_as_many_customers():
    one_each = POINTS.assign(one=1.0, square=POINTS.index.to_numpy(float))
    groups = microaggregated(one_each, ("x", "y"), "segment_id", 10)
    assert groups.groupby("segment_id").size().between(1, 25).all()
    assert len(groups) > (250 + 78) / 20
    weights = {1: 250, 2: 78}
    for segment, rows in groups.groupby("segment_id"):
        assert weights[segment] / 20 < len(rows) <= weights[segment] / 10


def test_each_customer_is_in_exactly_one_group():
    parts = pd.DataFrame(np.eye(333)[:, :328], columns=[f"c{n}" for n in range(328)]).assign(
        x=POINTS["x"], y=POINTS["y"], segment_id=POINTS["segment_id"]
    )
    groups = microaggregated(parts, ("x", "y"), "segment_id", 10)
    shares = groups[[f"c{n}" for n in range(328)]].to_numpy()
    assert ((shares > 0).sum(axis=0) == 1).all()
    assert ((shares > 0).sum(axis=1) >= 10).all()


def test_a_segment_below_the_minimum_has_no_group():
    assert 3 not in set(microaggregated(POINTS, ("x", "y"), "segment_id", 10)["segment_id"])


def test_customers_of_a_group_are_close():
    groups = microaggregated(POINTS, ("x", "y"), "segment_id", 10)
    assert groups["x"].std() > 0.6 * POINTS["x"].std()


def test_the_order_of_rows_changes_nothing():
    one, two = (microaggregated(p, ("x", "y"), "segment_id", 10) for p in (POINTS, POINTS.sample(frac=1, random_state=1)))
    assert one.sort_values(["segment_id", "x"]).to_numpy() == pytest.approx(two.sort_values(["segment_id", "x"]).to_numpy())


def test_groups_of_one_are_the_points_themselves():
    assert microaggregated(POINTS, ("x", "y"), "segment_id", 1) is POINTS
