"""Customer map: a sample of customers in two dimensions."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes

from segmentation.analyses.analysis import Analysis, Result
from segmentation.context import RunContext
from segmentation.fitted.sample import CustomerSample
from segmentation.fitted.segments import FittedSegments
from segmentation.report.charts import scatter_by_segment
from segmentation.report.formats import count, measure, number, percent
from segmentation.report.labels import feature_labels, segment_labels
from segmentation.report.palette import logarithmic, placed, tick_text, tick_values
from segmentation.report.report_data import ReportData, points_label, points_text, records
from segmentation.report.section import Block, Chart, Figure, Heading, Paragraph, Section, SingleCustomers, Table, table

_REACH = (0.002, 0.998)


@dataclass(frozen=True)
class Axis:
    """One axis of the plot: a feature and its scale."""

    label: str
    unit: str
    currency: str | None
    is_log: bool


def pair_chart(pair: pd.DataFrame, axes_of: tuple[Axis, Axis], labels: dict[int, str], alternative: str) -> Markup:
    """The sampled customers in two features, in the features' own units; the farthest are drawn at the edge."""
    near = {name: _within_reach(pair[name]) for name in ("first", "second")}
    places = (placed(values, axis.is_log) for values, axis in zip(near.values(), axes_of, strict=True))
    points = pd.DataFrame({**dict(zip("xy", places, strict=True)), "segment_id": pair["segment_id"].to_numpy()})

    def finish(axes: Axes) -> None:
        axes.set(xlabel=axes_of[0].label, ylabel=axes_of[1].label)
        axes.set_xticks(*_ticks(near["first"], axes_of[0]))
        axes.set_yticks(*_ticks(near["second"], axes_of[1]))

    return scatter_by_segment("pair", points, labels, alternative, finish)


def _within_reach(values: pd.Series) -> np.ndarray:
    """Values clipped to the outer quantiles, so that a few extreme customers do not squeeze all others into a corner."""
    plain = values.to_numpy(dtype=float)
    low, high = np.quantile(plain, _REACH, method="closest_observation")
    return np.asarray(np.clip(plain, low, high))


def _ticks(values: np.ndarray, axis: Axis) -> tuple[list[float], list[str]]:
    ticks = tick_values(float(values.min()), float(values.max()), axis.is_log)
    return list(placed(ticks, axis.is_log)), [tick_text(tick, axis.unit, axis.currency) for tick in ticks]


def scatter_chart(scatter: pd.DataFrame, labels: dict[int, str], alternative: str) -> Markup:
    """The sampled customers on two principal components."""

    def finish(axes: Axes) -> None:
        axes.set(xlabel="First principal component", ylabel="Second principal component")

    return scatter_by_segment("scatter", scatter, labels, alternative, finish)


def map_section(data: ReportData, sample: CustomerSample) -> Section:
    """Principal components, and two features."""
    if sample.scatter.empty:
        return Section("map", "A map of customers", "Map", (Paragraph("There are no customers to show on a map."),))
    blocks: list[Block] = [Figure(_scatter(data, sample), _scatter_text(sample))]
    if not sample.pair.empty:
        blocks += [Heading("The same customers in two features"), Figure(_pair(data, sample), _pair_text(sample))]
    return Section("map", "A map of customers", "Map", (SingleCustomers(tuple(blocks)),))


def _scatter_text(sample: CustomerSample) -> str:
    least = sample.customers_per_point
    point = (
        f"Each point is the mean of {count(least)} customers or more who lie close together, so that nobody can be identified"
        if least > 1
        else "Each point is one customer of a sample"
    )
    return (
        f"{point}; each number is in the middle of its segment. The two axes are the directions in which customers differ most; they hold "
        f"{percent(sample.explained_variance)} of all variance, so segments that overlap here may well be apart in the rest."
    )


def _pair_text(sample: CustomerSample) -> str:
    point = (
        "Each point is a group of customers as above, at their mean in both features"
        if sample.customers_per_point > 1
        else "Each point is one customer"
    )
    return (
        f"{point}; each number is in the middle of its segment. The most extreme values (one in a thousand) are drawn at the edge. The "
        "setting report.scatter decides which two features are shown."
    )


def _scatter(data: ReportData, sample: CustomerSample) -> Chart:
    labels, alternative = segment_labels(data.summary), scatter_alt_text(data, sample)
    return Chart(scatter_chart(sample.scatter, labels, alternative), scatter_table(data, sample))


def _pair(data: ReportData, sample: CustomerSample) -> Chart:
    labels, logarithms, units = feature_labels(data), logarithmic(data), _units(data)
    first, second = (Axis(labels.get(n, n), units.get(n, "share"), data.currency, n in logarithms) for n in sample.pair_features)
    drawn = pair_chart(sample.pair, (first, second), segment_labels(data.summary), pair_alt_text(data, sample))
    return Chart(drawn, pair_table(data, sample))


def scatter_table(data: ReportData, sample: CustomerSample) -> Table:
    """Where the middle of each segment lies on the map."""
    points, labels = sample.scatter, segment_labels(data.summary)
    groups = ((label, points[points["segment_id"] == segment]) for segment, label in labels.items())
    rows = [(label, count(len(group)), *(number(group[axis].median()) for axis in ("x", "y"))) for label, group in groups]
    columns = ("Segment", points_label(sample), "Median, first component", "Median, second component")
    return table("Customers shown on the map", columns, rows, ["Segment"])


def pair_table(data: ReportData, sample: CustomerSample) -> Table:
    """The middle of each segment in the two features."""
    labels, units = segment_labels(data.summary), _units(data)
    names = dict(zip(("first", "second"), sample.pair_features, strict=True))
    rows = tuple(
        (
            label,
            count(len(_shown(sample.pair, segment, "first"))),
            *(
                measure(_shown(sample.pair, segment, axis).median(), units.get(name, "share"), data.currency)
                for axis, name in names.items()
            ),
        )
        for segment, label in labels.items()
    )
    columns = ("Segment", points_label(sample), *(f"Median, {feature_labels(data).get(name, name)}" for name in names.values()))
    return Table("Customers shown in two features", columns, rows, frozenset({"Segment"}))


def _shown(points: pd.DataFrame, segment: int, column: str) -> pd.Series:
    return points.loc[points["segment_id"] == segment, column].astype(float)


def scatter_alt_text(data: ReportData, sample: CustomerSample) -> str:
    """How many customers, how much variance, and where the segments lie."""
    labels = segment_labels(data.summary)
    middles = records(sample.scatter.groupby("segment_id")[["x", "y"]].median().reset_index())
    parts = [f"{labels[row['segment_id']]} around {number(row['x'])}, {number(row['y'])}" for row in middles if row["segment_id"] in labels]
    return (
        f"Scatter plot of {points_text(sample, len(sample.scatter))} on two principal components that keep "
        f"{percent(sample.explained_variance)} of the variance. {'; '.join(parts)}."
    )


def pair_alt_text(data: ReportData, sample: CustomerSample) -> str:
    """The two features, and where the segments lie in them."""
    labels, features, units = segment_labels(data.summary), feature_labels(data), _units(data)
    first, second = sample.pair_features
    middles = records(sample.pair.groupby("segment_id")[["first", "second"]].median().reset_index())
    parts = [
        f"{labels[row['segment_id']]} around {measure(row['first'], units.get(first, 'share'), data.currency)} and "
        f"{measure(row['second'], units.get(second, 'share'), data.currency)}"
        for row in middles
        if row["segment_id"] in labels
    ]
    names = f"{features.get(first, first)} and {features.get(second, second)}"
    return f"Scatter plot of {points_text(sample, len(sample.pair))}: {names}. {'; '.join(parts)}."


def _units(data: ReportData) -> dict[str, str]:
    return {str(name): str(unit) for name, unit in zip(data.profile["feature"], data.profile["unit"], strict=True)}


class CustomerMap(Analysis):
    """Principal components and two features of a sample; no table of its own."""

    name = "customer_map"

    def compute(self, context: RunContext, segments: FittedSegments) -> Result:
        """The sample, whose points are groups where single customers may not be shown."""
        return Result(details=segments.sample)

    def section(self, result: Result, data: ReportData) -> Section:
        """Two scatter plots."""
        return map_section(data, result.details)
