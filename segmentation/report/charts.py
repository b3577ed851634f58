"""Shared charts: heat maps and scatter plots of segments."""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle

from segmentation.report.formats import is_missing, plain
from segmentation.report.labels import numbered
from segmentation.report.palette import (
    INK,
    MUTED,
    NO_INDEX,
    PAPER,
    Colour,
    ink_on,
    segment_colour,
    segment_marker,
)
from segmentation.report.svg import inline_svg

WIDTH = 9.6
_LABEL = 30


@dataclass(frozen=True)
class Cells:
    """Labels of a heat map's rows and columns, and the format and colour of its values."""

    rows: Sequence[str]
    columns: Sequence[str]
    written: Callable[[float], str]
    colour: Callable[[float], Colour]

    def fill(self, value: float) -> Colour:
        """The colour of a cell, which may be empty."""
        return NO_INDEX if is_missing(value) else self.colour(value)


def heat_map(name: str, values: np.ndarray, cells: Cells, alternative: str) -> Markup:
    """A coloured cell for each value, with the value printed in it."""
    rows, columns = values.shape

    def plot(axes: Axes) -> None:
        axes.add_collection(_rectangles(values, cells))
        for (row, column), value in np.ndenumerate(values):
            _number(axes, (column, row), cells.written(value), ink_on(cells.fill(value)))
        axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
        axes.set_xticks(range(columns), [textwrap.fill(plain(label, 36), 13) for label in cells.columns])
        axes.set_yticks(range(rows), [plain(label, 36) for label in cells.rows])
        axes.tick_params(length=0, labelcolor=INK, labeltop=True, labelbottom=False)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)

    return inline_svg(name, alternative, (max(WIDTH, 2.6 + 0.95 * columns), 0.8 + 0.36 * rows), plot)


def _rectangles(values: np.ndarray, cells: Cells) -> PatchCollection:
    """A rectangle for each value, all as one drawing: one by one they take longer than the rest of the page."""
    places = [Rectangle((column - 0.48, row - 0.46), 0.96, 0.92) for row, column in np.ndindex(values.shape)]
    return PatchCollection(places, facecolors=[cells.fill(value) for value in values.flat], linewidths=0)


def _number(axes: Axes, place: tuple[int, int], written: str, ink: str) -> None:
    text = axes.text(*place, written, ha="center", va="center_baseline", color=ink)
    # The text is inside the axes: the layout need not measure it.
    text.set_in_layout(False)


def scatter_by_segment(
    name: str, scatter: pd.DataFrame, labels: dict[int, str], alternative: str, finish: Callable[[Axes], None]
) -> Markup:
    """Sampled customers at ``x`` and ``y``, each segment with its own marker and colour, and its number at its middle."""

    def plot(axes: Axes) -> None:
        for position, (segment, label) in enumerate(labels.items()):
            _points(axes, scatter[scatter["segment_id"] == segment], position, numbered(segment, label))
        for segment in labels:
            _centre_number(axes, scatter[scatter["segment_id"] == segment], segment)
        finish(axes)
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, markerscale=1.8, handletextpad=0.3)

    return inline_svg(name, alternative, (WIDTH, 5.6), plot)


def _points(axes: Axes, points: pd.DataFrame, position: int, label: str) -> None:
    axes.plot(
        points["x"].astype(float),
        points["y"].astype(float),
        linestyle="none",
        marker=segment_marker(position),
        markersize=4,
        markeredgewidth=0.25,
        markeredgecolor=PAPER,
        color=segment_colour(position),
        label=plain(label, _LABEL),
    )


def _centre_number(axes: Axes, points: pd.DataFrame, segment: int) -> None:
    if points.empty:
        return
    axes.text(
        float(points["x"].median()),
        float(points["y"].median()),
        str(segment),
        ha="center",
        va="center",
        fontweight="bold",
        fontsize=11,
        color=INK,
        bbox={"boxstyle": "circle,pad=0.3", "facecolor": PAPER, "edgecolor": MUTED, "linewidth": 0.6, "alpha": 0.88},
    )
