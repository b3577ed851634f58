"""The two curves behind the number of segments: silhouette and WCSS by k."""

from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from segmentation.report.formats import number, score
from segmentation.report.palette import CHOSEN, INK, MUTED, PAPER, REVENUE
from segmentation.report.svg import inline_svg

ABOVE, BELOW = (10, 12), (-10, -20)
_SIZE = (4.9, 3.6)


@dataclass(frozen=True)
class Mark:
    """A ring around one point of a curve, with words beside it."""

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
        _mark(axes, tried, "silhouette", Mark(chosen, f"chosen: k = {chosen}", CHOSEN))
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
        for mark in _wcss_marks(chosen, elbow, int(tried["k"].min())):
            _mark(axes, tried, "wcss", mark)
        _label(axes, tried, "WCSS")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))

    return inline_svg("wcss", alternative, _SIZE, plot)


def _wcss_marks(chosen: int, elbow: int | None, first: int) -> list[Mark]:
    # Below the falling curve nothing else stands, but at its left end there is no room.
    has_room = chosen > first + 1
    if elbow is None or elbow == chosen:
        words = f"chosen{'' if elbow is None else ' and elbow'}: k = {chosen}"
        return [Mark(chosen, words, CHOSEN, BELOW if has_room else ABOVE)]
    elbow_below = not has_room and elbow > first + 1
    return [
        Mark(elbow, f"elbow: k = {elbow}", INK, BELOW if elbow_below else ABOVE),
        Mark(chosen, f"chosen: k = {chosen}", CHOSEN, BELOW if has_room else ABOVE),
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


def _mark(axes: Axes, tried: pd.DataFrame, measure: str, mark: Mark) -> None:
    """Draw a mark; nothing where its k was not tried."""
    values = tried.loc[tried["k"] == mark.k, measure].astype(float).dropna()
    if values.empty:
        return
    point = (float(mark.k), float(values.iloc[0]))
    axes.plot(*point, "o", color=mark.colour, markersize=13, markerfacecolor="none", markeredgewidth=2.0, zorder=4)
    axes.annotate(
        mark.text,
        point,
        xytext=mark.offset,
        textcoords="offset points",
        color=mark.colour,
        ha="left" if mark.offset[0] > 0 else "right",
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
