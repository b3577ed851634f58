"""The bars of what a grouping tells about what comes next."""

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from segmentation.report.charts import WIDTH
from segmentation.report.formats import percent
from segmentation.report.outlook import GROUPINGS, OUTCOMES, RANDOM, RFM
from segmentation.report.palette import CUSTOMERS, GRID, INK, MUTED, REVENUE
from segmentation.report.svg import inline_svg

_COLOURS = {RFM: CUSTOMERS, RANDOM: GRID}


def explained_chart(usefulness: pd.DataFrame, alternative: str) -> Markup:
    """A bar for each grouping under each outcome; the thin lines reach two standard errors to either side."""
    ordered = [usefulness[usefulness["outcome"] == outcome] for outcome in OUTCOMES]

    def plot(axes: Axes) -> None:
        for block, (outcome, rows) in enumerate(zip(OUTCOMES, ordered, strict=True)):
            _bars(axes, block * (len(GROUPINGS) + 1.2) + np.arange(len(rows)), rows)
            _heading(axes, block * (len(GROUPINGS) + 1.2) - 0.85, OUTCOMES[outcome])
        places = [block * (len(GROUPINGS) + 1.2) + place for block, rows in enumerate(ordered) for place in range(len(rows))]
        axes.set_yticks(places, [GROUPINGS[grouping] for rows in ordered for grouping in rows["grouping"]])
        axes.tick_params(axis="y", length=0, labelcolor=INK, labelsize=11)
        axes.set_ylim(places[-1] + 0.6, -1.3)
        axes.margins(x=0.12)
        lowest = usefulness["epsilon_squared"].astype(float) - 2 * usefulness["standard_error"].astype(float)
        axes.set_xlim(left=min(0.0, float(lowest.fillna(0).min())))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: percent(share, places=0)))
        axes.grid(visible=False, axis="y")
        axes.spines[["left", "bottom"]].set_visible(False)

    return inline_svg("outlook", alternative, (WIDTH, 5.4), plot)


def _bars(axes: Axes, places: np.ndarray, rows: pd.DataFrame) -> None:
    values = rows["epsilon_squared"].astype(float).fillna(0)
    errors = 2 * rows["standard_error"].astype(float).fillna(0)
    colours = [_COLOURS.get(grouping, REVENUE) for grouping in rows["grouping"]]
    axes.barh(places, values, xerr=errors, height=0.72, color=colours, error_kw={"ecolor": MUTED, "elinewidth": 1.2, "capsize": 3})
    for place, value, error, share in zip(places, values, errors, rows["epsilon_squared"], strict=True):
        axes.annotate(percent(share), (max(value + error, 0), place), xytext=(6, 0), textcoords="offset points", va="center", color=INK)


def _heading(axes: Axes, place: float, text: str) -> None:
    axes.annotate(text, (0, place), xytext=(2, 0), textcoords="offset points", va="center", color=INK, fontweight="bold", fontsize=11)
