"""Silhouette and stability over all segments."""

import pytest

from segmentation.profiling.aggregates import mean_silhouette, min_stability


def test_the_mean_silhouette_is_weighted_by_customers():
    rows = [{"silhouette": 0.8, "customers": 100}, {"silhouette": 0.2, "customers": 300}]
    assert mean_silhouette(rows) == pytest.approx(0.35)


def test_the_mean_silhouette_is_not_known_where_that_of_a_segment_is_not():
    assert mean_silhouette([]) is None
    assert mean_silhouette([{"silhouette": None, "customers": 1}, {"silhouette": 0.5, "customers": 1}]) is None


def test_the_least_stable_segment_counts():
    assert min_stability([{"stability": 0.9}, {"stability": None}, {"stability": 0.8}]) == 0.8
    assert min_stability([{"stability": None}]) is None
