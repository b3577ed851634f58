"""Many dimensions on a flat page: principal components of vectors at hand."""

import numpy as np

from segmentation.clustering.measures import Array


def principal_components(points: Array, count: int = 2) -> tuple[Array, float]:
    """Points on their first principal components, and the share of variance these keep.

    Parameters
    ----------
    points
        Shape (n, d).
    count
        Components wanted; there are zeros where the points have fewer.

    Returns
    -------
    tuple
        Coordinates of shape (n, count), each component's sign such that its largest loading is positive, and a
        share between 0 and 1.
    """
    centred = points - points.mean(axis=0)
    left, strengths, loadings = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(loadings[np.arange(len(loadings)), np.abs(loadings).argmax(axis=1)])
    coordinates = np.zeros((len(points), count))
    kept = min(count, len(strengths))
    coordinates[:, :kept] = (left * strengths * signs)[:, :kept]
    total = (strengths**2).sum()
    return coordinates, float((strengths[:kept] ** 2).sum() / total) if total > 0 else 0.0
