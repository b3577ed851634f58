"""Charts of the profile: the spread of features by segment, shares of revenue, categories and indices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import FuncFormatter, MaxNLocator

from segmentation.report.charts import WIDTH, Cells, heat_map
from segmentation.report.formats import count, measure, number, percent, plain
from segmentation.report.palette import (
    CUSTOMERS,
    GRID,
    INK,
    MUTED,
    PAPER,
    REVENUE,
    index_colour,
    placed,
    segment_colour,
    segment_marker,
    share_colour,
    tick_text,
    tick_values,
)
from segmentation.report.svg import inline_svg

_ROW, _TITLE, _FOOT, _ACROSS = 0.25, 0.42, 0.45, 2
"""Heights in inches of a segment's row, of a panel's title and of its scale; number of panels in a row."""
_NAMES, _VALUES, _BETWEEN = 1.85, 0.8, 0.25
"""Widths in inches of a panel's names on the left and its medians on the right, and of the gap between two panels."""
_TICKS, _TICKS_OF_MONEY = 5, 3
"""Maximum number of ticks in a panel; amounts of money are longer."""
_LABEL = 28


@dataclass(frozen=True)
class Spread:
    """One feature of all segments; ``low``, ``middle`` and ``high`` are its 10th, 50th and 90th percentile by segment."""

    label: str
    unit: str
    currency: str | None
    is_log: bool
    low: Sequence[float]
    middle: Sequence[float]
    high: Sequence[float]

    @property
    def extent(self) -> tuple[float, float]:
        """Lowest and highest of all values; a linear scale starts at 0."""
        known = [float(value) for value in (*self.low, *self.high) if not pd.isna(value)] or [0.0]
        return (min(known) if self.is_log else min(*known, 0.0)), max(known)


def ranges_chart(spreads: Sequence[Spread], segments: Sequence[str], alternative: str) -> Markup:
    """One panel per feature, one row per segment: a line from the 10th to the 90th percentile, a marker at the median, and its value."""
    height = _TITLE + _ROW * len(segments) + _FOOT
    down = -(-len(spreads) // _ACROSS)
    width = WIDTH / _ACROSS

    def plot(axes: Axes) -> None:
        for place, spread in enumerate(spreads):
            row, column = divmod(place, _ACROSS)
            _panel(axes, spread, segments, (column * width, row * height))
        axes.set(xlim=(0, WIDTH), ylim=(down * height, 0))
        axes.set_axis_off()

    # Many small axes take matplotlib a second to lay out: the panels are drawn on one, in inches.
    return inline_svg("ranges", alternative, (WIDTH, down * height), plot)


def _panel(axes: Axes, spread: Spread, segments: Sequence[str], corner: tuple[float, float]) -> None:
    left, right = corner[0] + _NAMES, corner[0] + WIDTH / _ACROSS - _VALUES - _BETWEEN
    rows = corner[1] + _TITLE + _ROW * (np.arange(len(segments)) + 0.5)
    across = _across(spread, left, right)
    _text(axes, (corner[0], corner[1] + _TITLE / 2), spread.label, fontweight="bold", fontsize=10.5)
    _scale(axes, spread, across, (corner[1] + _TITLE, float(rows[-1]) + _ROW / 2))
    colours = [segment_colour(position) for position in range(len(segments))]
    ends = zip(across(spread.low), across(spread.high), rows, strict=True)
    axes.add_collection(LineCollection([[(low, y), (high, y)] for low, high, y in ends], colors=colours, linewidths=3))
    for position, (x, y) in enumerate(zip(across(spread.middle), rows, strict=True)):
        axes.plot(x, y, marker=segment_marker(position), color=colours[position], markersize=8, markeredgecolor=PAPER)
        _text(axes, (corner[0], float(y)), plain(segments[position], _LABEL), fontsize=9)
        median = _valued(spread.middle[position], spread)
        _text(axes, (right + _VALUES, float(y)), median, ha="right", fontsize=9)


def _valued(value: float, spread: Spread) -> str:
    """A median without its unit, which is in the panel's title."""
    return measure(value, spread.unit, spread.currency) if spread.unit in ("currency", "share", "days") else number(value)


def _across(spread: Spread, left: float, right: float) -> Callable[[Sequence[float]], np.ndarray]:
    """Positions of values between the left and the right end of a panel, in inches."""
    first, last = placed(spread.extent, spread.is_log)

    def places(values: Sequence[float]) -> np.ndarray:
        return np.asarray(left + (right - left) * (placed(values, spread.is_log) - first) / ((last - first) or 1.0))

    return places


def _scale(axes: Axes, spread: Spread, across: Callable[[Sequence[float]], np.ndarray], span: tuple[float, float]) -> None:
    ticks = tick_values(*spread.extent, spread.is_log, _TICKS_OF_MONEY if spread.unit == "currency" else _TICKS)
    axes.add_collection(LineCollection([[(x, span[0]), (x, span[1])] for x in across(ticks)], colors=GRID, linewidths=0.8))
    for x, tick in zip(across(ticks), ticks, strict=True):
        _text(axes, (float(x), span[1] + 0.12), tick_text(tick, spread.unit, spread.currency), ha="center", color=MUTED, fontsize=8.5)


def categories_chart(shares: pd.DataFrame, categories: Sequence[str], segments: Sequence[str], alternative: str) -> Markup:
    """One row per category, one column per segment: the mean share of spend, printed and coloured by its size."""
    values = shares.to_numpy(dtype=float)
    colour = partial(share_colour, largest=float(np.nan_to_num(values).max()))
    return heat_map("categories", values, Cells(categories, segments, partial(percent, places=0), colour), alternative)


def _text(axes: Axes, place: tuple[float, float], words: str, **look: Any) -> None:
    text = axes.text(*place, words, va="center", **{"color": INK, **look})
    # The text is inside the axes: the layout need not measure it.
    text.set_in_layout(False)


def shares_chart(summary: pd.DataFrame, labels: Sequence[str], alternative: str) -> Markup:
    """Two bars per segment: its share of customers and its share of revenue, with their values."""
    places = np.arange(len(summary))

    def plot(axes: Axes) -> None:
        _share_bars(axes, places - 0.19, summary["customer_share"], CUSTOMERS, "Share of customers")
        _share_bars(axes, places + 0.19, summary["revenue_share"], REVENUE, "Share of revenue")
        axes.set_yticks(places, [plain(label, 30) for label in labels])
        axes.tick_params(axis="y", length=0, labelcolor=INK, labelsize=11)
        axes.invert_yaxis()
        axes.margins(x=0.12, y=0.02)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: percent(share, places=0)))
        axes.grid(visible=False, axis="y")
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=11, borderaxespad=0.2)

    return inline_svg("shares", alternative, (WIDTH, 0.9 + 0.62 * len(summary)), plot)


def _share_bars(axes: Axes, places: np.ndarray, shares: pd.Series, colour: str, label: str) -> None:
    values = shares.astype(float).fillna(0)
    bars = axes.barh(places, values, height=0.36, color=colour, label=label)
    axes.bar_label(bars, [percent(share) for share in shares], padding=4, fontsize=10, color=INK)


def index_chart(indices: pd.DataFrame, features: Sequence[str], segments: Sequence[str], alternative: str) -> Markup:
    """One row per feature, one column per segment: the index, printed and coloured by its distance from 100."""
    return heat_map("indices", indices.to_numpy(dtype=float), Cells(features, segments, count, index_colour), alternative)
