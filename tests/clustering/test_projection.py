"""Principal components are deterministic, with their explained variance."""

import numpy as np
import pytest

from segmentation.clustering.projection import principal_components

CLOUD = np.random.default_rng(1).normal(size=(200, 4)) @ np.array([[5, 0, 0, 0], [2, 3, 0, 0], [0, 1, 1, 0], [1, 0, 0, 0.5]])


def test_components_are_orthogonal_centered_and_fall_in_variance():
    coordinates, _ = principal_components(CLOUD + 100, count=4)
    spread = coordinates.T @ coordinates
    assert coordinates.mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-9)
    assert np.abs(spread - np.diag(np.diag(spread))).max() < 1e-9
    assert (np.diff(np.diag(spread)) < 0).all()


def test_all_components_preserve_distances_and_variance():
    coordinates, explained = principal_components(CLOUD, count=4)
    assert np.linalg.norm(coordinates[0] - coordinates[1]) == pytest.approx(np.linalg.norm(CLOUD[0] - CLOUD[1]))
    assert explained == pytest.approx(1)


def test_the_explained_share_is_that_of_the_variance():
    coordinates, explained = principal_components(CLOUD)
    assert explained == pytest.approx(coordinates.var(axis=0).sum() / CLOUD.var(axis=0).sum())
    assert 0.8 < explained < 1


def test_the_largest_loading_of_a_component_is_positive():
    points = np.array([[0.0, 0.0], [2.0, -4.0], [4.0, -8.0]])
    coordinates, explained = principal_components(points)
    # Along (1, -2) / sqrt(5), reversed: the loading on the second value is the larger and must be positive.
    assert coordinates[:, 0] == pytest.approx([20**0.5, 0, -(20**0.5)])
    assert coordinates[:, 1] == pytest.approx([0, 0, 0])
    assert explained == pytest.approx(1)


def test_the_order_of_points_changes_no_coordinate():
    forwards, _ = principal_components(CLOUD)
    backwards, _ = principal_components(CLOUD[::-1])
    assert backwards[::-1] == pytest.approx(forwards)


def test_points_of_one_dimension_lie_on_a_line():
    coordinates, explained = principal_components(np.array([[1.0], [2.0], [6.0]]))
    assert coordinates.tolist() == [[pytest.approx(-2), 0], [pytest.approx(-1), 0], [pytest.approx(3), 0]]
    assert explained == pytest.approx(1)


def test_equal_points_are_one_point_with_no_variance_explained():
    coordinates, explained = principal_components(np.full((3, 2), 7.0))
    assert coordinates.tolist() == [[0, 0]] * 3
    assert explained == 0
