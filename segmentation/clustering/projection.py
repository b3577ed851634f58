"""Principal components, for plots of the vectors in two dimensions."""

import numpy as np

from segmentation.clustering.metrics import Array


def principal_components(points: Array, count: int = 2) -> tuple[Array, float]:
    """Points on their first principal components, and the share of variance these explain.

    Parameters
    ----------
    points
        Shape (n, d).
    count
        Components wanted; zeros where the points have fewer.

    Returns
    -------
    tuple
        Coordinates of shape (n, count), each component's sign such that its largest loading is positive, and a
        share between 0 and 1.
    """
    centered = points - points.mean(axis=0)
    left, strengths, loadings = np.linalg.svd(centered, full_matrices=False)
    signs = np.sign(loadings[np.arange(len(loadings)), np.abs(loadings).argmax(axis=1)])
    coordinates = np.zeros((len(points), count))
    n = min(count, len(strengths))
    coordinates[:, :n] = (left * strengths * signs)[:, :n]
    total = (strengths**2).sum()
    return coordinates, float((strengths[:n] ** 2).sum() / total) if total > 0 else 0.0
