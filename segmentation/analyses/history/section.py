"""How segments have grown over all runs, on the page."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation
from sklearn.isotonic import isotonic_regression

from segmentation.report.charts import WIDTH
from segmentation.report.formats import NOTHING, count, money, percent, plain
from segmentation.report.labels import numbered, segment_labels
from segmentation.report.palette import INK, segment_colour, segment_marker
from segmentation.report.report_data import ReportData, records
from segmentation.report.section import Chart, Figure, Section, Table
from segmentation.report.svg import inline_svg

_MAX_LENGTH = 60
_TEXT_HEIGHT = 0.055
"""Of a line of text, as a share of the chart's height."""


def history_section(data: ReportData) -> Section | None:
    """The share of customers in each segment over all runs; None on a first run."""
    trend = data.table("segment_trend")
    if trend.empty or trend["as_of"].nunique() < 2:
        return None
    chart = Chart(trend_chart(trend, segment_labels(data.summary), trend_alt_text(data)), trend_table(data))
    caption = "The share of all customers in each of today's segments, over all runs in which it has existed."
    return Section("changes", "What changed", "What changed", (Figure(chart, caption),))


def trend_chart(trend: pd.DataFrame, labels: dict[int, str], alt_text: str) -> Markup:
    """A line for each of today's segments over all runs: its share of customers."""

    def plot(axes: Axes) -> None:
        ends = []
        for position, number in enumerate(labels):
            rows = trend[trend["segment_id"] == number].drop_duplicates("as_of", keep="last").sort_values("as_of")
            days, shares = [day.toordinal() for day in rows["as_of"]], rows["customer_share"].astype(float)
            colour, marker = segment_colour(position), segment_marker(position)
            axes.plot(days, shares, color=colour, marker=marker, markersize=5, linewidth=1.6)
            ends.append((days[-1], float(shares.iloc[-1])))
        axes.set_ylim(bottom=0)
        heights = spread_out([share for _, share in ends], _TEXT_HEIGHT * axes.get_ylim()[1])
        for (day, _), height, name in zip(ends, heights, labels.values(), strict=True):
            right_of_end = axes.transData + ScaledTranslation(8 / 72, 0, axes.figure.dpi_scale_trans)
            axes.text(day, height, plain(name, 28), transform=right_of_end, va="center", color=INK, fontsize=9.5)
        axes.margins(x=0.04)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda day, _: str(date.fromordinal(int(day)))))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: percent(share, places=0)))

    return inline_svg("trend", alt_text, (WIDTH, 3.8), plot)


def spread_out(heights: Sequence[float], min_distance: float) -> list[float]:
    """Heights of labels at least so far from each other, in the same order and as near as possible to where they belong."""
    order = np.argsort(heights, kind="stable")
    steps = min_distance * np.arange(len(heights))
    spread = np.empty(len(heights))
    spread[order] = isotonic_regression(np.asarray(heights, dtype=float)[order] - steps) + steps
    return [float(height) for height in spread]


def trend_table(data: ReportData) -> Table:
    """Segments of all runs, the latest first."""
    ordered = data.table("segment_trend").sort_values(["as_of", "segment_id"], ascending=[False, True])
    rows = [
        (
            str(row["as_of"]),
            numbered(int(row["segment_id"]), plain(str(row["segment_name"]), _MAX_LENGTH)),
            count(row["customers"]),
            percent(row["customer_share"]),
            money(row["revenue_net"], data.currency) if data.has_purchases else NOTHING,
        )
        for row in records(ordered)
    ]
    columns = ("As of", "Segment", "Customers", "Share of all", "Net revenue")
    return Table("Segments of every run", columns, tuple(rows), frozenset({"As of", "Segment"}))


def trend_alt_text(data: ReportData) -> str:
    """The lines, in words: the first and the last share of each of today's segments."""
    trend, lines = data.table("segment_trend"), []
    for number, name in segment_labels(data.summary).items():
        shares = trend[trend["segment_id"] == number].sort_values("as_of")["customer_share"]
        lines.append(f"{name} from {percent(shares.iloc[0])} to {percent(shares.iloc[-1])}")
    return f"Lines of the share of customers in each segment over {trend['as_of'].nunique()} runs: {'; '.join(lines)}."
