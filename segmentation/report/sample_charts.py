"""The charts of sampled customers: how well they sit in their segments, and where they lie in two features."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from segmentation.report.charts import WIDTH, customers_drawn
from segmentation.report.formats import plain, score
from segmentation.report.labels import numbered
from segmentation.report.palette import INK, segment_colour
from segmentation.report.scales import placed, tick_text, tick_values
from segmentation.report.svg import inline_svg

_THINNEST = 0.6
"""A band has room for its label, however few customers it holds."""
_REACH = (0.002, 0.998)
_LABEL = 34


@dataclass(frozen=True)
class Axis:
    """A feature as an axis shows it."""

    label: str
    unit: str
    currency: str | None
    is_log: bool


def silhouette_plot(scatter: pd.DataFrame, labels: dict[int, str], mean: float | None, alternative: str) -> Markup:
    """A band a segment: the silhouettes of its customers, the best on top; the mean of all customers across them."""
    bands = [np.sort(scatter.loc[scatter["segment_id"] == segment, "silhouette"].to_numpy(dtype=float))[::-1] for segment in labels]
    heights = _heights([len(band) for band in bands])
    tops = np.concatenate([[0.0], np.cumsum(heights + 0.15)])

    def plot(axes: Axes) -> None:
        for position, (band, top, height) in enumerate(zip(bands, tops, heights, strict=False)):
            _band(axes, position, band, (top, top + height))
        axes.axvline(0, color=INK, linewidth=1)
        if mean is not None:
            axes.axvline(mean, color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
            axes.annotate(f"all customers {score(mean)}", (mean, 0), xytext=(4, 4), textcoords="offset points", color=INK)
        axes.set_yticks(tops[:-1] + heights / 2, [plain(numbered(segment, label), _LABEL) for segment, label in labels.items()])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.set_ylim(tops[-1], -0.35)
        axes.set_xlabel("Silhouette")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: score(value, places=1)))
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)

    return inline_svg("bands", alternative, (WIDTH, 0.9 + 0.55 * float(heights.sum())), plot)


def _heights(sizes: Sequence[int]) -> np.ndarray:
    """Of each band: as thick as it has customers, the mean being 1, and none too thin to be seen."""
    return np.maximum(np.asarray(sizes) * len(sizes) / max(sum(sizes), 1), _THINNEST)


def _band(axes: Axes, position: int, silhouettes: np.ndarray, span: tuple[float, float]) -> None:
    if not len(silhouettes):
        return
    axes.fill_betweenx(np.linspace(*span, len(silhouettes)), 0, silhouettes, color=segment_colour(position), linewidth=0.6)


def pair_chart(pair: pd.DataFrame, axes_of: tuple[Axis, Axis], labels: dict[int, str], alternative: str) -> Markup:
    """The sampled customers in two features, in the features' own units; the farthest of all stand at the edge."""
    near = {name: _within_reach(pair[name]) for name in ("first", "second")}
    places = (placed(values, axis.is_log) for values, axis in zip(near.values(), axes_of, strict=True))
    points = pd.DataFrame({**dict(zip("xy", places, strict=True)), "segment_id": pair["segment_id"].to_numpy()})

    def finish(axes: Axes) -> None:
        axes.set(xlabel=axes_of[0].label, ylabel=axes_of[1].label)
        axes.set_xticks(*_ticks(near["first"], axes_of[0]))
        axes.set_yticks(*_ticks(near["second"], axes_of[1]))

    return customers_drawn("pair", points, labels, alternative, finish)


def _within_reach(values: pd.Series) -> np.ndarray:
    """Values no farther out than the farthest few: one customer in a thousand must not squeeze all others into a corner."""
    plain = values.to_numpy(dtype=float)
    low, high = np.quantile(plain, _REACH, method="closest_observation")
    return np.asarray(np.clip(plain, low, high))


def _ticks(values: np.ndarray, axis: Axis) -> tuple[list[float], list[str]]:
    ticks = tick_values(float(values.min()), float(values.max()), axis.is_log)
    return list(placed(ticks, axis.is_log)), [tick_text(tick, axis.unit, axis.currency) for tick in ticks]
