"""The sample of customers to draw: small, in original units, with the silhouettes that its customers have among all."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from segmentation.features.preparation import PreparedFeature
from segmentation.features.selection import Feature
from segmentation.fitted.sample import explained_between, most_separating_pair, sample_customers
from segmentation.settings import FeatureSettings


def prepared(name, transform="none", scale=1.0):
    feature = Feature(name, "value", name, FeatureSettings(use=True, transform=transform))
    return PreparedFeature(feature, missing=0, median=0.0, low=0.0, high=1.0, scale=scale)


def groups_of(points, centers, features):
    labels = np.linalg.norm(points[:, None] - centers[None], axis=2).argmin(axis=1)
    clusters = [points[labels == label] for label in range(len(centers))]
    segments = SimpleNamespace(
        centers=centers,
        means=np.stack([cluster.mean(axis=0) for cluster in clusters]),
        variances=[((cluster - cluster.mean(axis=0)) ** 2).sum(axis=1).mean() for cluster in clusters],
        sizes=[len(cluster) for cluster in clusters],
        ids=range(1, len(centers) + 1),
    )
    return SimpleNamespace(points=points, prepared=features, segments=segments, min_group_size=1), labels


def sample_of(groups, features):
    return sample_customers(groups.points, groups.segments, groups.prepared, groups.min_group_size, features)


@pytest.fixture
def blobs():
    draw = np.random.default_rng(3)
    centers = np.array([[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [0.0, 9.0, 0.0]])
    points = np.concatenate([draw.normal(center, 1.0, (1500, 3)) for center in centers])
    return groups_of(points, centers, [prepared(name) for name in ("recency_days", "age", "monetary_net")])


def test_a_sample_holds_two_thousand_customers_at_most(blobs):
    groups, _ = blobs
    sample = sample_of(groups, None)
    assert (len(sample.scatter), len(sample.pair)) == (1500, 1500)
    assert list(sample.scatter.columns) == ["x", "y", "silhouette", "segment_id"]


def test_its_silhouettes_are_those_among_all_customers(blobs):
    groups, labels = blobs
    expected = silhouette_samples(groups.points, labels, metric="sqeuclidean")[::3]
    assert sample_of(groups, None).scatter["silhouette"].to_numpy() == pytest.approx(expected, abs=1e-9)


def test_the_features_asked_for_are_shown_in_their_own_units():
    points = np.array([[np.log1p(30.0), 2.0], [np.log1p(300.0), 4.0]])
    groups, _ = groups_of(points, points, [prepared("recency_days", "log1p"), prepared("age", scale=0.1)])
    sample = sample_of(groups, ("age", "recency_days"))
    assert sample.pair_features == ("age", "recency_days")
    assert sample.pair.round(9).to_numpy().tolist() == [[20.0, 30.0, 1.0], [40.0, 300.0, 2.0]]


def test_by_default_recency_and_net_spend_are_shown(blobs):
    groups, _ = blobs
    assert sample_of(groups, None).pair_features == ("recency_days", "monetary_net")


def test_without_these_the_two_that_separate_segments_most_are_shown(blobs):
    groups, labels = blobs
    features = [prepared(name) for name in ("income", "age", "height")]
    assert most_separating_pair(features, groups.points, labels) == ("age", "income")


def test_customers_that_differ_in_one_feature_only_have_no_pair():
    points = np.array([[1.0, 0.0], [2.0, 0.0]])
    groups, _ = groups_of(points, points, [prepared("recency_days"), prepared("monetary_net", scale=0.0)])
    sample = sample_of(groups, None)
    assert (sample.pair_features, len(sample.pair)) == ((), 0)
    assert list(sample.pair.columns) == ["first", "second", "segment_id"]


def test_what_lies_between_segments_is_a_share_of_the_variance():
    values, labels = np.array([0.0, 2.0, 10.0, 12.0]), np.array([0, 0, 1, 1])
    assert explained_between(values, labels) == pytest.approx(25 / 26)
    assert explained_between(np.ones(4), labels) == 0.0


def test_where_one_customer_is_too_small_a_group_every_row_is_a_group_of_all_of_them(blobs):
    groups, _ = blobs
    groups.min_group_size = 10
    sample = sample_of(groups, None)
    assert (sample.customers_per_point, len(sample.scatter) <= 450, len(sample.pair) <= 450) == (10, True, True)
    assert sample.scatter["segment_id"].value_counts().min() > 70
