"""Sections on revenue and on how segments differ."""

from typing import Any

import pandas as pd

from segmentation.analyses.profile.charts import Spread, categories_chart, index_chart, ranges_chart, shares_chart
from segmentation.report.formats import count, is_missing, measure, money, number, percent, score
from segmentation.report.labels import category_label, feature_labels, is_category_share, numbered, segment_labels
from segmentation.report.palette import logarithmic
from segmentation.report.report_data import ReportData, records
from segmentation.report.section import Block, Chart, Figure, Heading, Section, Table, interval, table

_REVENUE = (
    "Each segment’s share of all customers and its share of net revenue (after returns). Where the dark bar is the longer one, the segment "
    "brings in more than its size suggests."
)
_INDICES = (
    "Index of each segment’s mean: 100 is the average of all customers, 200 twice as much, 50 half. Blue is above average, orange below; "
    "neither is better by itself{absence}. A dash means that there is no average to compare with."
)
_ABSENCE = ": a high index of days since the last purchase means a long absence"
_RANGES = (
    "Each line spans the middle 80 % of a segment’s customers, from the 10th to the 90th percentile; the marker is the median, printed on "
    "the right. Where lines overlap, customers of both segments are alike in that feature. Heavy-tailed features have logarithmic scales."
)
_CATEGORIES = (
    "Each category’s share of a customer’s spend, on average over the segment; the deeper the blue, the larger. The largest category of "
    "all customers comes first."
)


def profile_section(data: ReportData) -> Section:
    """Revenue by segment, and how the segments differ."""
    blocks: list[Block] = []
    if data.has_purchases:
        blocks += [Heading("Who brings in the revenue", "revenue", "Revenue"), Figure(_shares(data), _REVENUE)]
        blocks.append(Heading("Index of each feature"))
    blocks.append(Figure(_indices(data), _INDICES.format(absence=_ABSENCE if data.has_purchases else "")))
    if main_features(data):
        blocks += [Heading("How far customers of a segment spread"), Figure(_ranges(data), _RANGES)]
    if not category_shares(data).empty:
        blocks += [Heading("What each segment spends on"), Figure(_categories(data), _CATEGORIES)]
    return Section("differences", "How the segments differ", "Differences", tuple(blocks))


def _shares(data: ReportData) -> Chart:
    labels = list(segment_labels(data.summary).values())
    return Chart(shares_chart(data.summary, labels, shares_alt_text(data)), shares_table(data))


def _indices(data: ReportData) -> Chart:
    profile, labels = data.profile, feature_labels(data)
    wide = profile.pivot(index="feature", columns="segment_id", values="index")
    wide = wide.reindex(index=profile["feature"].unique(), columns=data.summary["segment_id"])
    features = [labels[str(feature)] for feature in wide.index]
    segments = _segment_labels(data)
    return Chart(index_chart(wide, features, segments, index_alt_text(data)), profile_table(data))


def _ranges(data: ReportData) -> Chart:
    features, logarithms = feature_labels(data), logarithmic(data)
    names = main_features(data)
    spreads = [_spread(data, name, features[name], name in logarithms) for name in names]
    segments = _segment_labels(data)
    return Chart(ranges_chart(spreads, segments, ranges_alt_text(data)), ranges_table(data))


def _spread(data: ReportData, name: str, label: str, is_log: bool) -> Spread:
    rows = data.profile[data.profile["feature"] == name].set_index("segment_id").reindex(data.summary["segment_id"])
    low, middle, high = (rows[column].astype(float).tolist() for column in ("p10", "p50", "p90"))
    return Spread(label, str(rows["unit"].dropna().iloc[0]), data.currency, is_log, low, middle, high)


def _categories(data: ReportData) -> Chart:
    shares = category_shares(data)
    names = [category_label(str(name), data) for name in shares.index]
    segments = _segment_labels(data)
    drawn = categories_chart(shares, names, segments, categories_alt_text(data))
    return Chart(drawn, categories_table(data))


def shares_table(data: ReportData) -> Table:
    """Size and revenue of each segment."""
    labels = segment_labels(data.summary)
    rows = [
        (
            labels[row["segment_id"]],
            count(row["customers"]),
            percent(row["customer_share"]),
            money(row["revenue_net"], data.currency, exact=True),
            percent(row["revenue_share"]),
            score(row["silhouette"]),
        )
        for row in records(data.summary)
    ]
    columns = ("Segment", "Customers", "Share of customers", "Net revenue", "Share of revenue", "Silhouette")
    return table("Size and revenue of each segment", columns, rows, ["Segment"])


def profile_table(data: ReportData) -> Table:
    """Every feature of every segment, with its spread."""
    features, segments = feature_labels(data), segment_labels(data.summary)
    rows = [
        (
            features[row["feature"]],
            segments[row["segment_id"]],
            *(measure(row[column], row["unit"], data.currency) for column in ("mean", "p10", "p50", "p90")),
            count(row["index"]),
            number(row["hedges_g"]),
            interval(row["hedges_g_ci_low"], row["hedges_g_ci_high"]),
        )
        for row in records(data.profile)
    ]
    columns = ("Feature", "Segment", "Mean", "10th percentile", "Median", "90th percentile", "Index", "Effect", "95 % interval")
    return table("Profile of each segment", columns, rows, ["Feature", "Segment"])


def ranges_table(data: ReportData) -> Table:
    """10th, 50th and 90th percentile of the main features, segment by segment."""
    features, segments, main = feature_labels(data), segment_labels(data.summary), main_features(data)
    rows = tuple(
        (
            features[row["feature"]],
            segments[row["segment_id"]],
            *(measure(row[column], row["unit"], data.currency) for column in ("p10", "p50", "p90")),
        )
        for row in records(data.profile)
        if row["feature"] in main
    )
    columns = ("Feature", "Segment", "10th percentile", "Median", "90th percentile")
    return Table("Spread of the main features in each segment", columns, rows, frozenset({"Feature", "Segment"}))


def categories_table(data: ReportData) -> Table:
    """Mean share of spend of each segment in each category."""
    shares = category_shares(data)
    rows = tuple((category_label(str(name), data), *(percent(share) for share in row)) for name, row in shares.iterrows())
    columns = ("Category", *_distinct_labels(segment_labels(data.summary)))
    return Table("Spend by category, mean share in each segment", columns, rows, frozenset({"Category"}))


def main_features(data: ReportData) -> list[str]:
    """Features with a median in the summary, in the order of the profile, without 0/1 features, which have no spread to show."""
    summarised = {str(name).removesuffix("_median") for name in data.summary.columns if str(name).endswith("_median")}
    units = units_of(data)
    either = {name for attribute in data.attributes.values() for name in attribute["features"] if units.get(name) == "share"}
    return [str(name) for name in data.profile["feature"].unique() if name in summarised - either]


def category_shares(data: ReportData) -> pd.DataFrame:
    """Mean share of spend, one row per category, the largest first, and one column per segment; empty without categories."""
    profile = data.profile[[is_category_share(str(name)) for name in data.profile["feature"]]]
    shares = profile.pivot(index="feature", columns="segment_id", values="mean")
    shares = shares.reindex(columns=data.summary["segment_id"]).astype(float).sort_index()
    everyone = (shares.fillna(0) * data.summary["customer_share"].astype(float).to_numpy()).sum(axis=1)
    return shares.loc[everyone.sort_values(ascending=False, kind="stable").index]


def units_of(data: ReportData) -> dict[str, str]:
    """The unit of each feature of the profile."""
    return {str(name): str(unit) for name, unit in zip(data.profile["feature"], data.profile["unit"], strict=True)}


def _distinct_labels(labels: dict[int, str]) -> list[str]:
    """Segment labels as unique column names."""
    return [label if list(labels.values()).count(label) == 1 else numbered(segment, label) for segment, label in labels.items()]


def shares_alt_text(data: ReportData) -> str:
    """Both shares of every segment."""
    labels = segment_labels(data.summary)
    parts = [
        f"{labels[row['segment_id']]}: {percent(row['customer_share'])} of customers, {percent(row['revenue_share'])} of revenue"
        for row in records(data.summary)
    ]
    return f"Bar chart of each segment's share of customers and of net revenue. {'; '.join(parts)}."


def index_alt_text(data: ReportData) -> str:
    """The extent of the heat map, its highest and its lowest index."""
    known = [row for row in records(data.profile) if not is_missing(row["index"])]
    whole = f"Heat map of {data.profile['feature'].nunique()} features by {len(data.summary)} segments; 100 is the average customer."
    if not known:
        return whole
    highest, lowest = (extreme(known, key=lambda row: row["index"]) for extreme in (max, min))
    return f"{whole} Highest: {_index(highest, data)}. Lowest: {_index(lowest, data)}."


def ranges_alt_text(data: ReportData) -> str:
    """Of every main feature, the segments with the lowest and the highest median."""
    labels, features = segment_labels(data.summary), feature_labels(data)
    parts = []
    for name in main_features(data):
        known = [row for row in records(data.profile) if row["feature"] == name and not is_missing(row["p50"])]
        ends = [extreme(known, key=lambda row: row["p50"], default=None) for extreme in (min, max)]
        words = [f"{measure(row['p50'], row['unit'], data.currency)} ({labels[row['segment_id']]})" for row in ends if row]
        parts.append(f"{features[name]}: medians from {' to '.join(words)}")
    return f"Range from the 10th to the 90th percentile, and median, of each segment in {len(parts)} features. {'; '.join(parts)}."


def categories_alt_text(data: ReportData) -> str:
    """The largest category of every segment."""
    labels, shares = segment_labels(data.summary), category_shares(data)
    largest = {int(segment): str(shares[segment].idxmax()) for segment in shares.columns if shares[segment].notna().any()}
    parts = [
        f"{labels[segment]}: {category_label(name, data)}, {percent(shares[segment].to_dict()[name])}" for segment, name in largest.items()
    ]
    return f"Heat map of the mean share of spend in {len(shares)} categories by segment. Largest of each: {'; '.join(parts)}."


def _index(row: dict[str, Any], data: ReportData) -> str:
    segment, feature = segment_labels(data.summary)[row["segment_id"]], feature_labels(data)[row["feature"]]
    return f"{segment}, {feature}, {count(row['index'])}"


def _segment_labels(data: ReportData) -> list[str]:
    return [numbered(segment, label) for segment, label in segment_labels(data.summary).items()]
