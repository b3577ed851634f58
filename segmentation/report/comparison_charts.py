"""The same customers on the same map, once for each algorithm, marked by its clusters."""

import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes

from segmentation.report.palette import INK, MUTED, segment_colour, segment_marker
from segmentation.report.svg import inline_svg

_SIZE = (4.4, 3.3)
_BOX = {"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": MUTED, "linewidth": 0.6, "alpha": 0.88}


def clusters_chart(algorithm: str, points: pd.DataFrame, alternative: str) -> Markup:
    """Customers on two principal components; each cluster has its mark, its colour and its number, noise is a small grey cross.

    Parameters
    ----------
    algorithm
        Its name in the tables; the column of `points` with its clusters, 0 for noise.
    points
        With `x`, `y` and the clusters.
    alternative
        What a reader who can't see the chart should know.
    """

    def plot(axes: Axes) -> None:
        for number, group in points.groupby(algorithm):
            _marks(axes, group, int(str(number)))
        for number, group in points[points[algorithm] > 0].groupby(algorithm):
            axes.text(*_middle(group), str(number), ha="center", va="center", fontweight="bold", fontsize=11, color=INK, bbox=_BOX)
        axes.set(xlabel="First principal component", ylabel="Second principal component")

    return inline_svg(f"clusters-{algorithm}", alternative, _SIZE, plot)


def _marks(axes: Axes, group: pd.DataFrame, number: int) -> None:
    is_noise = number == 0
    axes.plot(
        group["x"].to_numpy(),
        group["y"].to_numpy(),
        linestyle="none",
        marker="x" if is_noise else segment_marker(number - 1),
        markersize=3 if is_noise else 4,
        markeredgewidth=0.8 if is_noise else 0,
        color=MUTED if is_noise else segment_colour(number - 1),
        alpha=0.7,
    )


def _middle(group: pd.DataFrame) -> tuple[float, float]:
    return float(group["x"].median()), float(group["y"].median())
