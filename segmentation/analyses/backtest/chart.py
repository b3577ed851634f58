"""Bar chart of the variance that each grouping explains."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from segmentation.report.charts import WIDTH
from segmentation.report.formats import percent
from segmentation.report.palette import CUSTOMERS, GRID, INK, MUTED, REVENUE
from segmentation.report.svg import inline_svg

_COLOURS = {"rfm": CUSTOMERS, "random": GRID}


def variance_chart(metrics: pd.DataFrame, description: str, groupings: Mapping[str, str], outcomes: Mapping[str, str]) -> Markup:
    """A bar for each grouping under each outcome, with error bars of two standard errors.

    `metrics` are rows of backtest_metrics, `groupings` and `outcomes` labels by name, in their order.
    """
    blocks = [metrics[metrics["outcome"] == outcome] for outcome in outcomes]
    starts = [number * (len(groupings) + 1.2) for number in range(len(blocks))]

    def plot(axes: Axes) -> None:
        for start, outcome, rows in zip(starts, outcomes, blocks, strict=True):
            _bars(axes, start + np.arange(len(rows)), rows)
            _heading(axes, start - 0.85, outcomes[outcome])
        positions = [start + number for start, rows in zip(starts, blocks, strict=True) for number in range(len(rows))]
        axes.set_yticks(positions, [groupings[grouping] for rows in blocks for grouping in rows["grouping"]])
        axes.tick_params(axis="y", length=0, labelcolor=INK, labelsize=11)
        axes.set_ylim(positions[-1] + 0.6, -1.3)
        axes.margins(x=0.12)
        lowest = metrics["epsilon_squared"].astype(float) - 2 * metrics["standard_error"].astype(float)
        axes.set_xlim(left=min(0.0, float(lowest.fillna(0).min())))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: percent(share, places=0)))
        axes.grid(visible=False, axis="y")
        axes.spines[["left", "bottom"]].set_visible(False)

    return inline_svg("outlook", description, (WIDTH, 5.4), plot)


def _bars(axes: Axes, positions: np.ndarray, rows: pd.DataFrame) -> None:
    values = rows["epsilon_squared"].astype(float).fillna(0)
    errors = 2 * rows["standard_error"].astype(float).fillna(0)
    colours = [_COLOURS.get(grouping, REVENUE) for grouping in rows["grouping"]]
    axes.barh(positions, values, xerr=errors, height=0.72, color=colours, error_kw={"ecolor": MUTED, "elinewidth": 1.2, "capsize": 3})
    for position, value, error, share in zip(positions, values, errors, rows["epsilon_squared"], strict=True):
        point = (max(value + error, 0), position)
        axes.annotate(percent(share), point, xytext=(6, 0), textcoords="offset points", va="center", color=INK)


def _heading(axes: Axes, position: float, text: str) -> None:
    axes.annotate(text, (0, position), xytext=(2, 0), textcoords="offset points", va="center", color=INK, fontweight="bold", fontsize=11)
