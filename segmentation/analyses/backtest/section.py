"""The page's section on the backtest."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from segmentation.analyses.backtest.tables import BOUND, RANDOM, RFM, RFM_SCORE, SEGMENTS, SPEND_DECILES
from segmentation.report.charts import WIDTH
from segmentation.report.formats import NOTHING, count, is_missing, money, number, percent, plain
from segmentation.report.palette import CUSTOMERS, GRID, INK, MUTED, REVENUE
from segmentation.report.report_data import ReportData, records
from segmentation.report.section import Chart, Figure, Heading, Paragraph, Section, Table, TableBlock
from segmentation.report.svg import inline_svg

GROUPINGS = {
    SEGMENTS: "These segments",
    RFM: "RFM quintiles",
    RFM_SCORE: "RFM score, as many groups",
    SPEND_DECILES: "Deciles of spend",
    RANDOM: "Random groups",
    BOUND: "All that can be predicted",
}
_COLOURS = {SEGMENTS: REVENUE, RANDOM: GRID, BOUND: MUTED}
OUTCOMES = {"repurchase": "Whether they bought again", "orders": "How many orders they placed", "spend": "What they spent"}
_STANDARD_ERRORS = 2
"""A smaller difference is none."""
_MAX_LENGTH = 60
_CAPTION = (
    "How much of the differences between customers in what they did next is explained by their group: 0 % is nothing, 100 % would be all. "
    "Thin lines extend two standard errors to either side. What as many groups would explain by chance is subtracted, so that ten groups "
    "don’t win by their number alone."
)


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

    return inline_svg("outlook", description, (WIDTH, 0.36 * (len(metrics) + 1.2 * len(outcomes))), plot)


def _bars(axes: Axes, positions: np.ndarray, rows: pd.DataFrame) -> None:
    values = rows["epsilon_squared"].astype(float).fillna(0)
    errors = 2 * rows["standard_error"].astype(float).fillna(0)
    colours = [_COLOURS.get(grouping, CUSTOMERS) for grouping in rows["grouping"]]
    axes.barh(positions, values, xerr=errors, height=0.72, color=colours, error_kw={"ecolor": MUTED, "elinewidth": 1.2, "capsize": 3})
    for position, value, error, share in zip(positions, values, errors, rows["epsilon_squared"], strict=True):
        point = (max(value + error, 0), position)
        axes.annotate(percent(share), point, xytext=(6, 0), textcoords="offset points", va="center", color=INK)


def _heading(axes: Axes, position: float, text: str) -> None:
    axes.annotate(text, (0, position), xytext=(2, 0), textcoords="offset points", va="center", color=INK, fontweight="bold", fontsize=11)


def backtest_section(data: ReportData) -> Section:
    """Which grouping predicts what better, and what each group did next."""
    chart = Chart(variance_chart(data.table("backtest_metrics"), chart_description(data), GROUPINGS, OUTCOMES), variance_table(data))
    return Section(
        anchor="outlook",
        title="Do segments predict behaviour?",
        navigation="Predictive check",
        blocks=(
            Paragraph(method(data)),
            Paragraph(highest_and_lowest(data), strong=verdict(data)),
            Paragraph(share_retained(data)),
            Figure(chart, _CAPTION),
            Heading("What each group did next"),
            TableBlock(lift_table(data)),
        ),
    )


def method(data: ReportData) -> str:
    """The cutoff, the horizon, and how many customers came back."""
    facts = data.facts("backtest")
    repurchase = next(row for row in records(data.table("backtest_metrics")) if row["outcome"] == "repurchase")
    straddling = facts["straddling_orders"]
    note = "" if not straddling else f" {_orders(straddling)} begun before that day with lines after it, and counted whole, as before."
    return (
        f"Segments were fitted as of {facts['cutoff']}, on what {count(facts['customers'])} customers had done before that day, and "
        f"compared with what they did in the {count(facts['horizon_days'])} days from then on: "
        f"{percent(repurchase['mean'])} bought again.{note}"
    )


def verdict(data: ReportData) -> str:
    """Which grouping predicts which outcome better, as far as the standard errors allow."""
    rows = {(row["grouping"], row["outcome"]): row for row in records(data.table("backtest_metrics"))}
    against_rfm = {outcome: _sign(rows[RFM, outcome]) for outcome in OUTCOMES}
    sentences = (
        _sentence("These segments predict better than RFM quintiles", [o for o in OUTCOMES if against_rfm[o] == 1]),
        _sentence("RFM quintiles predict better than these segments", [o for o in OUTCOMES if against_rfm[o] == -1]),
        _sentence("There is no clear difference from RFM quintiles in", [o for o in OUTCOMES if against_rfm[o] == 0]),
        _sentence("These segments predict no better than random groups", [o for o in OUTCOMES if _sign(rows[RANDOM, o]) < 1]),
    )
    return " ".join(filter(None, sentences))


def _sign(row: dict[str, Any]) -> int:
    """1 where the segments are clearly ahead of the row's grouping, -1 where they are clearly behind, else 0."""
    ahead, error = row["segments_ahead"], row["segments_ahead_error"]
    if is_missing(ahead) or is_missing(error) or abs(ahead) <= _STANDARD_ERRORS * error:
        return 0
    return 1 if ahead > 0 else -1


def _sentence(words: str, outcomes: list[str]) -> str:
    return f"{words} {_listed([_in_a_sentence(outcome) for outcome in outcomes])}." if outcomes else ""


def _in_a_sentence(outcome: str) -> str:
    return OUTCOMES[outcome][0].lower() + OUTCOMES[outcome][1:]


def _listed(parts: list[str]) -> str:
    return " and ".join([*([", ".join(parts[:-1])] if parts[1:] else []), *parts[-1:]])


def share_retained(data: ReportData) -> str:
    """What can be predicted at all, and how much of it the segments keep."""
    rows = {(row["grouping"], row["outcome"]): row for row in records(data.table("backtest_metrics"))}
    retained = {outcome: _ratio(rows[SEGMENTS, outcome], rows[BOUND, outcome]) for outcome in OUTCOMES}
    shares = [f"{share} of {_in_a_sentence(outcome)}" for outcome, share in retained.items() if share]
    sentences = (
        "All that can be predicted is what gradient-boosted trees predict from the same features, for customers they have not seen.",
        f"These segments keep {_listed(shares)}." if shares else "",
        _sentence("Nothing can be predicted of", [outcome for outcome, share in retained.items() if not share]),
    )
    return " ".join(filter(None, sentences))


def _ratio(segments: dict[str, Any], bound: dict[str, Any]) -> str:
    """In words; empty where the predictions are no better than chance."""
    share, error, own = bound["epsilon_squared"], bound["standard_error"], segments["epsilon_squared"]
    if any(map(is_missing, (share, error, own))) or share <= _STANDARD_ERRORS * error:
        return ""
    return "all" if own >= share else percent(max(own, 0.0) / share, places=0)


def highest_and_lowest(data: ReportData) -> str:
    """The segment whose customers spent most afterwards, and the one whose customers spent least."""
    spend = [row for row in records(data.table("backtest_segments")) if (row["grouping"], row["outcome"]) == (SEGMENTS, "spend")]
    known = sorted((row for row in spend if not is_missing(row["lift"])), key=lambda row: row["lift"])
    if len(known) < 2:
        return ""
    lowest, highest = known[0], known[-1]
    return (
        f"{plain(highest['group_name'], _MAX_LENGTH)} went on to spend {number(highest['lift'])} times what the average customer did, "
        f"{plain(lowest['group_name'], _MAX_LENGTH)} {number(lowest['lift'])} times."
    )


def variance_table(data: ReportData) -> Table:
    """Variance explained by each grouping, with its standard error and the difference from the segments."""
    rows = [
        (
            OUTCOMES[row["outcome"]],
            GROUPINGS[row["grouping"]],
            count(row["groups"]),
            percent(row["epsilon_squared"]),
            percent(row["standard_error"]),
            percent(row["eta_squared"]),
            _difference(row),
        )
        for row in records(data.table("backtest_metrics"))
    ]
    columns = ("Outcome", "Grouping", "Groups", "Variance explained", "Standard error", "Before correction", "Segments ahead by")
    caption = "Share of the differences in what customers did next that their group explains"
    return Table(caption, columns, tuple(rows), frozenset(("Outcome", "Grouping")))


def _difference(row: dict[str, Any]) -> str:
    if is_missing(row["segments_ahead"]):
        return NOTHING
    return f"{percent(row['segments_ahead'])} ± {percent(row['segments_ahead_error'])}"


def lift_table(data: ReportData) -> Table:
    """What each segment and each RFM segment went on to do."""
    rows = [row for row in records(data.table("backtest_segments")) if row["grouping"] in (SEGMENTS, RFM)]
    groups = list(dict.fromkeys((row["grouping"], row["group_id"]) for row in rows))
    by_key = {(row["grouping"], row["group_id"], row["outcome"]): row for row in rows}
    cells = tuple(_lift_row([by_key[*group, outcome] for outcome in OUTCOMES], data.currency) for group in groups)
    columns = (
        *("Group", "Grouping", "Customers", "Bought again", "Orders each", "Spent each"),
        *("Lift of buying again", "Lift of orders", "Lift of spend"),
    )
    return Table("What each group did next; lift 1 is the average customer", columns, cells, frozenset(("Group", "Grouping")))


def _lift_row(outcomes: list[dict[str, Any]], currency: str | None) -> tuple[str, ...]:
    repurchase, orders, spend = outcomes
    names = (
        plain(repurchase["group_name"], _MAX_LENGTH),
        "RFM" if repurchase["grouping"] == RFM else "ours",
        count(repurchase["customers"]),
    )
    means = (percent(repurchase["mean"]), number(orders["mean"]), money(spend["mean"], currency))
    return (*names, *means, *(number(row["lift"]) for row in outcomes))


def chart_description(data: ReportData) -> str:
    """All bars of the chart, in words."""
    rows = records(data.table("backtest_metrics"))
    bars = (
        f"{name}: "
        + ", ".join(f"{GROUPINGS[row['grouping']].lower()} {percent(row['epsilon_squared'])}" for row in rows if row["outcome"] == outcome)
        for outcome, name in OUTCOMES.items()
    )
    return f"Bar chart of the variance explained by each grouping. {'; '.join(bars)}."


def _orders(number: int) -> str:
    return f"{count(number)} order was" if number == 1 else f"{count(number)} orders were"
