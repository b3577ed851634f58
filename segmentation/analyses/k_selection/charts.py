"""Charts of the choice of k: silhouette and WCSS by k, and silhouettes of customers by segment."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from segmentation.report.charts import WIDTH
from segmentation.report.formats import number, plain, score
from segmentation.report.labels import numbered
from segmentation.report.palette import CHOSEN, INK, MUTED, PAPER, REVENUE, segment_colour
from segmentation.report.svg import inline_svg

ABOVE, BELOW = (10, 12), (-10, -20)
_SIZE = (4.9, 3.6)
_THINNEST = 0.6
"""Height of the thinnest band, which still has room for its label."""
_LABEL_LENGTH = 34


@dataclass(frozen=True)
class Highlight:
    """A highlighted point of a curve: a ring with a text."""

    k: int
    text: str
    colour: str
    offset: tuple[int, int] = ABOVE


def silhouette_chart(tried: pd.DataFrame, chosen: int, alternative: str) -> Markup:
    """Silhouette by k; each bar is as long as the spread between seeds, hollow points were not eligible."""

    def plot(axes: Axes) -> None:
        axes.errorbar(
            tried["k"],
            tried["silhouette"].astype(float),
            yerr=tried["silhouette_spread"].astype(float).fillna(0) / 2,
            color=REVENUE,
            linewidth=1.6,
            elinewidth=1.4,
            capsize=4,
        )
        _points(axes, tried, "silhouette")
        _highlight(axes, tried, "silhouette", Highlight(chosen, f"chosen: k = {chosen}", CHOSEN))
        _label(axes, tried, "Silhouette")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: score(value)))

    return inline_svg("silhouette", alternative, _SIZE, plot)


def wcss_chart(tried: pd.DataFrame, chosen: int, elbow: int | None, alternative: str) -> Markup:
    """WCSS by k, with the chord from first to last k that the elbow is measured against."""
    ends = tried.iloc[[0, -1]]

    def plot(axes: Axes) -> None:
        axes.plot(ends["k"], ends["wcss"].astype(float), color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        axes.plot(tried["k"], tried["wcss"].astype(float), color=REVENUE, linewidth=1.6)
        _points(axes, tried, "wcss")
        for highlight in _wcss_highlights(chosen, elbow, int(tried["k"].min())):
            _highlight(axes, tried, "wcss", highlight)
        _label(axes, tried, "WCSS")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))

    return inline_svg("wcss", alternative, _SIZE, plot)


def _wcss_highlights(chosen: int, elbow: int | None, first: int) -> list[Highlight]:
    # The space below the falling curve is empty, except at its left end.
    has_room = chosen > first + 1
    if elbow is None or elbow == chosen:
        words = f"chosen{'' if elbow is None else ' and elbow'}: k = {chosen}"
        return [Highlight(chosen, words, CHOSEN, BELOW if has_room else ABOVE)]
    elbow_below = not has_room and elbow > first + 1
    return [
        Highlight(elbow, f"elbow: k = {elbow}", INK, BELOW if elbow_below else ABOVE),
        Highlight(chosen, f"chosen: k = {chosen}", CHOSEN, BELOW if has_room else ABOVE),
    ]


def _points(axes: Axes, tried: pd.DataFrame, measure: str) -> None:
    for is_eligible, colour in ((True, REVENUE), (False, PAPER)):
        rows = tried[tried["eligible"].astype(bool) == is_eligible]
        axes.plot(
            rows["k"],
            rows[measure].astype(float),
            linestyle="none",
            marker="o",
            markersize=6,
            color=REVENUE,
            markerfacecolor=colour,
            zorder=3,
        )


def _highlight(axes: Axes, tried: pd.DataFrame, measure: str, highlight: Highlight) -> None:
    """Draw a highlight; nothing where its k was not tried."""
    values = tried.loc[tried["k"] == highlight.k, measure].astype(float).dropna()
    if values.empty:
        return
    point = (float(highlight.k), float(values.iloc[0]))
    axes.plot(*point, "o", color=highlight.colour, markersize=13, markerfacecolor="none", markeredgewidth=2.0, zorder=4)
    axes.annotate(
        highlight.text,
        point,
        xytext=highlight.offset,
        textcoords="offset points",
        color=highlight.colour,
        ha="left" if highlight.offset[0] > 0 else "right",
        fontweight="bold",
        fontsize=11,
        zorder=5,
    )


def _label(axes: Axes, tried: pd.DataFrame, measure: str) -> None:
    axes.set(xlabel="Number of segments (k)", ylabel=measure)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=12, integer=True))
    axes.set_xlim(tried["k"].min() - 0.5, tried["k"].max() + 0.8)
    axes.margins(y=0.18)
    axes.grid(visible=False, axis="x")


def silhouette_bands(scatter: pd.DataFrame, labels: dict[int, str], mean: float | None, alternative: str) -> Markup:
    """One band per segment: the silhouettes of its customers, the best on top; a line at the mean of all customers."""
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
        axes.set_yticks(tops[:-1] + heights / 2, [plain(numbered(segment, label), _LABEL_LENGTH) for segment, label in labels.items()])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.set_ylim(tops[-1], -0.35)
        axes.set_xlabel("Silhouette")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: score(value, places=1)))
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)

    return inline_svg("bands", alternative, (WIDTH, 0.9 + 0.55 * float(heights.sum())), plot)


def _heights(sizes: Sequence[int]) -> np.ndarray:
    """Height of each band: proportional to its customers with mean 1, and at least the minimum."""
    return np.maximum(np.asarray(sizes) * len(sizes) / max(sum(sizes), 1), _THINNEST)


def _band(axes: Axes, position: int, silhouettes: np.ndarray, span: tuple[float, float]) -> None:
    if not len(silhouettes):
        return
    axes.fill_betweenx(np.linspace(*span, len(silhouettes)), 0, silhouettes, color=segment_colour(position), linewidth=0.6)
