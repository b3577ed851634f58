"""Drawings of what changed: where customers went, and how segments have grown."""

from collections.abc import Sequence
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation
from sklearn.isotonic import isotonic_regression

from segmentation.report.charts import WIDTH, Cells, heat_map
from segmentation.report.formats import percent, plain, score
from segmentation.report.palette import INK, segment_colour, segment_marker, share_colour
from segmentation.report.svg import inline_svg

_LINE_OF_TEXT = 0.055
"""Of the chart's height."""


def flows_chart(shares: pd.DataFrame, labels: tuple[list[str], list[str]], alternative: str) -> Markup:
    """A row for each segment of before, a column for each of now; the share of its customers printed in each cell."""
    colour = partial(share_colour, largest=1.0)
    return heat_map("flows", shares.to_numpy(dtype=float), Cells(*labels, partial(percent, places=0), colour), alternative)


def drift_chart(psi: pd.DataFrame, limit: float, alternative: str) -> Markup:
    """A row for each feature, a column for each run; its PSI printed in each cell, darkest from the limit on."""
    cells = Cells(list(psi.index), list(psi.columns), partial(score, places=2), partial(share_colour, largest=limit))
    return heat_map("drift", psi.to_numpy(dtype=float), cells, alternative)


def trend_chart(trend: pd.DataFrame, labels: dict[int, str], alternative: str) -> Markup:
    """A line for each segment of today over all runs: its share of customers."""

    def plot(axes: Axes) -> None:
        ends = []
        for position, number in enumerate(labels):
            mine = trend[trend["segment_id"] == number].drop_duplicates("as_of", keep="last").sort_values("as_of")
            places = [day.toordinal() for day in mine["as_of"]]
            colour, mark = segment_colour(position), segment_marker(position)
            axes.plot(places, mine["customer_share"].astype(float), color=colour, marker=mark, markersize=5, linewidth=1.6)
            ends.append((places[-1], float(mine["customer_share"].iloc[-1])))
        axes.set_ylim(bottom=0)
        heights = apart([share for _, share in ends], _LINE_OF_TEXT * axes.get_ylim()[1])
        for (place, _), height, name in zip(ends, heights, labels.values(), strict=True):
            beside = axes.transData + ScaledTranslation(8 / 72, 0, axes.figure.dpi_scale_trans)
            axes.text(place, height, plain(name, 28), transform=beside, va="center", color=INK, fontsize=9.5)
        axes.margins(x=0.04)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda place, _: str(date.fromordinal(int(place)))))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: percent(share, places=0)))

    return inline_svg("trend", alternative, (WIDTH, 3.8), plot)


def apart(heights: Sequence[float], least: float) -> list[float]:
    """Heights of labels, at least so far from each other, in the same order and as near as can be to where they belong."""
    order = np.argsort(heights, kind="stable")
    steps = least * np.arange(len(heights))
    placed = np.empty(len(heights))
    placed[order] = isotonic_regression(np.asarray(heights, dtype=float)[order] - steps) + steps
    return [float(height) for height in placed]
