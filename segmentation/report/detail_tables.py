"""The tables behind the charts of customers and of what segments are like."""

import pandas as pd

from segmentation.report.findings import Findings, records
from segmentation.report.formats import count, measure, percent, score
from segmentation.report.labels import category_label, feature_labels, is_category_share, numbered, segment_labels
from segmentation.report.tables import Table, shown_of


def bands_table(findings: Findings) -> Table:
    """Mean silhouette of each segment, and how its customers shown spread around it."""
    labels = segment_labels(findings.summary)
    means = dict(zip(findings.summary["segment_id"], findings.summary["silhouette"], strict=True))
    rows = tuple(
        (label, score(means[segment]), count(len(shown)), *_quantiles(shown), percent((shown < 0).mean() if len(shown) else None))
        for segment, label in labels.items()
        for shown in [_shown(findings.scatter, segment, "silhouette")]
    )
    columns = ("Segment", "Mean", shown_of(findings), "10th percentile", "Median", "90th percentile", "Below 0")
    return Table("Silhouette of customers by segment", columns, rows, frozenset({"Segment"}))


def pair_table(findings: Findings) -> Table:
    """The middle of each segment in the two features."""
    labels, units = segment_labels(findings.summary), units_of(findings)
    names = dict(zip(("first", "second"), findings.pair_features, strict=True))
    rows = tuple(
        (
            label,
            count(len(_shown(findings.pair, segment, "first"))),
            *(
                measure(_shown(findings.pair, segment, axis).median(), units.get(name, "share"), findings.currency)
                for axis, name in names.items()
            ),
        )
        for segment, label in labels.items()
    )
    columns = ("Segment", shown_of(findings), *(f"Median, {feature_labels(findings)[name]}" for name in names.values()))
    return Table("Customers shown in two features", columns, rows, frozenset({"Segment"}))


def ranges_table(findings: Findings) -> Table:
    """10th, 50th and 90th percentile of the main features, segment by segment."""
    features, segments, main = feature_labels(findings), segment_labels(findings.summary), main_features(findings)
    rows = tuple(
        (
            features[row["feature"]],
            segments[row["segment_id"]],
            *(measure(row[column], row["unit"], findings.currency) for column in ("p10", "p50", "p90")),
        )
        for row in records(findings.profile)
        if row["feature"] in main
    )
    columns = ("Feature", "Segment", "10th percentile", "Median", "90th percentile")
    return Table("Spread of the main features in each segment", columns, rows, frozenset({"Feature", "Segment"}))


def categories_table(findings: Findings) -> Table:
    """Mean share of spend of each segment in each category."""
    shares = category_shares(findings)
    rows = tuple((category_label(str(name), findings), *(percent(share) for share in row)) for name, row in shares.iterrows())
    columns = ("Category", *_told_apart(segment_labels(findings.summary)))
    return Table("Spend by category, mean share in each segment", columns, rows, frozenset({"Category"}))


def main_features(findings: Findings) -> list[str]:
    """The features whose medians stand in the summary, in the order of the profile; what is 0 or 1 alone has no spread to show."""
    summarised = {str(name).removesuffix("_median") for name in findings.summary.columns if str(name).endswith("_median")}
    units = units_of(findings)
    either = {name for told in findings.attributes.values() for name in told["features"] if units.get(name) == "share"}
    return [str(name) for name in findings.profile["feature"].unique() if name in summarised - either]


def category_shares(findings: Findings) -> pd.DataFrame:
    """A row a category, the largest first, a column a segment: the mean share of spend; no rows where there are no categories."""
    profile = findings.profile[[is_category_share(str(name)) for name in findings.profile["feature"]]]
    shares = profile.pivot(index="feature", columns="segment_id", values="mean")
    shares = shares.reindex(columns=findings.summary["segment_id"]).astype(float).sort_index()
    everyone = (shares.fillna(0) * findings.summary["customer_share"].astype(float).to_numpy()).sum(axis=1)
    return shares.loc[everyone.sort_values(ascending=False, kind="stable").index]


def units_of(findings: Findings) -> dict[str, str]:
    """The unit of each feature of the profile."""
    return {str(name): str(unit) for name, unit in zip(findings.profile["feature"], findings.profile["unit"], strict=True)}


def _shown(points: pd.DataFrame, segment: int, column: str) -> pd.Series:
    return points.loc[points["segment_id"] == segment, column].astype(float)


def _quantiles(values: pd.Series) -> list[str]:
    return [score(None if values.empty else values.quantile(level)) for level in (0.1, 0.5, 0.9)]


def _told_apart(labels: dict[int, str]) -> list[str]:
    """Labels as columns: two segments may be called alike."""
    return [label if list(labels.values()).count(label) == 1 else numbered(segment, label) for segment, label in labels.items()]
