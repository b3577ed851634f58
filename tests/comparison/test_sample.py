"""Clusters are numbered after the published segments."""

import numpy as np
import pytest

from segmentation.comparison.sample import ClusteredSample, matching_numbers


@pytest.mark.parametrize(
    ("labels", "numbers"),
    [
        ([7, 7, 7, 0, 0, 5], {7: 1, 0: 2, 5: 3}),
        ([0, 0, 1, 2, 2, 3], {0: 1, 2: 2, 3: 3, 1: 4}),
        ([-1, -1, -1, -1, -1, -1], {}),
    ],
    ids=["one for each segment", "more clusters than segments", "noise only"],
)
def test_a_cluster_has_the_number_of_the_segment_it_shares_most_customers_with(labels, numbers):
    assert matching_numbers(np.array(labels), np.array([1, 1, 1, 2, 2, 3])) == numbers


def test_clusters_without_a_sampled_customer_come_last_and_noise_is_0():
    labels = {"kmeans": np.array([0, 0, 1]), "ward": np.array([2, 2, 0]), "hdbscan": np.array([-1, 0, 0])}
    sample = ClusteredSample(3, ["a", "b", "c"], np.zeros((3, 1)), labels, {}, {})
    assert sample.numbers["ward"] == {2: 1, 0: 2, 1: 3}
    assert sample.published_numbers("ward").tolist() == [1, 1, 2]
    assert sample.published_numbers("kmeans").tolist() == [1, 1, 2]
    assert sample.published_numbers("hdbscan").tolist() == [0, *[sample.numbers["hdbscan"][0]] * 2]
