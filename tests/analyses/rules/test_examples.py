"""Examples are the customers nearest their segment's center, and tell nothing that names them."""

import numpy as np
import pandas as pd
import pytest

from segmentation.analyses.rules.rules import segment_examples

CUSTOMERS = pd.DataFrame({"recency_days": [5.0, 9.0, 7.0, 3.0, 40.0], "category_share_bags": [0.1, 0.2, 0.3, 0.4, 0.5]})


def _places(segments, distances, feature="recency_days"):
    rows = segment_examples(CUSTOMERS, np.array(segments), np.array(distances))
    return [(row["segment_id"], row["rank"], row["value"]) for row in rows if row["feature"] == feature]


def test_the_three_nearest_of_each_segment_come_nearest_first():
    assert _places([2, 2, 2, 2, 1], [0.3, 0.1, 0.4, 0.2, 9.0]) == [(1, 1, 40.0), (2, 1, 9.0), (2, 2, 3.0), (2, 3, 5.0)]


def test_of_customers_equally_near_the_one_of_lower_features_comes_first():
    assert _places([1] * 5, [1.0] * 5) == [(1, 1, 3.0), (1, 2, 5.0), (1, 3, 7.0)]


def test_a_row_is_a_feature_with_its_unit_and_holds_no_id():
    rows = segment_examples(CUSTOMERS, np.array([1] * 5), np.arange(5.0))
    assert rows[:2] == [
        {"segment_id": 1, "rank": 1, "feature": "recency_days", "unit": "days", "value": 5.0},
        {"segment_id": 1, "rank": 1, "feature": "category_share_bags", "unit": "share", "value": 0.1},
    ]


def _grouped(count, min_group_size):
    customers = pd.DataFrame({"recency_days": np.arange(float(count))})
    rows = segment_examples(customers, np.array([1] * count), np.arange(float(count)), min_group_size=min_group_size)
    return [row["value"] for row in rows]


@pytest.mark.parametrize(
    ("customers", "means"),
    [
        (9, []),
        (10, [4.5]),
        (13, [6.0]),
        (25, [4.5, 17.0]),
        (30, [4.5, 14.5, 24.5]),
        (34, [4.5, 14.5, 26.5]),
        (45, [4.5, 14.5, 24.5]),
    ],
)
def test_with_grouping_each_point_is_the_mean_of_a_group_and_no_group_is_too_small(customers, means):
    assert _grouped(customers, 10) == means
