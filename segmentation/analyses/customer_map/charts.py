"""Scatter plots of sampled customers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes

from segmentation.report.charts import scatter_by_segment
from segmentation.report.scales import placed, tick_text, tick_values

_REACH = (0.002, 0.998)


@dataclass(frozen=True)
class Axis:
    """One axis of the plot: a feature and its scale."""

    label: str
    unit: str
    currency: str | None
    is_log: bool


def pair_chart(pair: pd.DataFrame, axes_of: tuple[Axis, Axis], labels: dict[int, str], alternative: str) -> Markup:
    """The sampled customers in two features, in the features' own units; the farthest are drawn at the edge."""
    near = {name: _within_reach(pair[name]) for name in ("first", "second")}
    places = (placed(values, axis.is_log) for values, axis in zip(near.values(), axes_of, strict=True))
    points = pd.DataFrame({**dict(zip("xy", places, strict=True)), "segment_id": pair["segment_id"].to_numpy()})

    def finish(axes: Axes) -> None:
        axes.set(xlabel=axes_of[0].label, ylabel=axes_of[1].label)
        axes.set_xticks(*_ticks(near["first"], axes_of[0]))
        axes.set_yticks(*_ticks(near["second"], axes_of[1]))

    return scatter_by_segment("pair", points, labels, alternative, finish)


def _within_reach(values: pd.Series) -> np.ndarray:
    """Values clipped to the outer quantiles, so that a few extreme customers do not squeeze all others into a corner."""
    plain = values.to_numpy(dtype=float)
    low, high = np.quantile(plain, _REACH, method="closest_observation")
    return np.asarray(np.clip(plain, low, high))


def _ticks(values: np.ndarray, axis: Axis) -> tuple[list[float], list[str]]:
    ticks = tick_values(float(values.min()), float(values.max()), axis.is_log)
    return list(placed(ticks, axis.is_log)), [tick_text(tick, axis.unit, axis.currency) for tick in ticks]


def scatter_chart(scatter: pd.DataFrame, labels: dict[int, str], alternative: str) -> Markup:
    """The sampled customers on two principal components."""

    def finish(axes: Axes) -> None:
        axes.set(xlabel="First principal component", ylabel="Second principal component")

    return scatter_by_segment("scatter", scatter, labels, alternative, finish)
