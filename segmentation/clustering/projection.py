"""Principal components, for plots of the vectors in two dimensions."""

import numpy as np

from segmentation.clustering.metrics import Array


def principal_components(points: Array, count: int = 2) -> tuple[Array, float]:
    """Points on their first principal components, and the share of variance these explain, 0 to 1.

    The points have the shape (n, d), the coordinates (n, count). Where there are fewer components, the rest is zeros. Each component's
    sign is such that its largest loading is positive.
    """
    centered = points - points.mean(axis=0)
    left, strengths, loadings = np.linalg.svd(centered, full_matrices=False)
    signs = np.sign(loadings[np.arange(len(loadings)), np.abs(loadings).argmax(axis=1)])
    coordinates = np.zeros((len(points), count))
    n = min(count, len(strengths))
    coordinates[:, :n] = (left * strengths * signs)[:, :n]
    total = (strengths**2).sum()
    return coordinates, float((strengths[:n] ** 2).sum() / total) if total > 0 else 0.0
