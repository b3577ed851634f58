"""What each chart says, in words, for readers who cannot see it."""

from typing import Any

from segmentation.report.detail_tables import category_shares, main_features, units_of
from segmentation.report.findings import Findings, records
from segmentation.report.formats import count, is_missing, measure, number, percent, score
from segmentation.report.labels import category_label, feature_labels, segment_labels


def shares_alternative(findings: Findings) -> str:
    """Both shares of every segment."""
    labels = segment_labels(findings.summary)
    told = [
        f"{labels[row['segment_id']]}: {percent(row['customer_share'])} of customers, {percent(row['revenue_share'])} of revenue"
        for row in records(findings.summary)
    ]
    return f"Bar chart of each segment's share of customers and of net revenue. {'; '.join(told)}."


def index_alternative(findings: Findings) -> str:
    """The extent of the heat map, its highest and its lowest index."""
    known = [row for row in records(findings.profile) if not is_missing(row["index"])]
    whole = (
        f"Heat map of {findings.profile['feature'].nunique()} features by {len(findings.summary)} segments; 100 is the average customer."
    )
    if not known:
        return whole
    highest, lowest = (extreme(known, key=lambda row: row["index"]) for extreme in (max, min))
    return f"{whole} Highest: {_index(highest, findings)}. Lowest: {_index(lowest, findings)}."


def silhouette_alternative(findings: Findings) -> str:
    """Range, best and chosen silhouette."""
    tried, k = records(findings.k_selection), findings.manifest["choice"]["k"]
    known = {row["k"]: row["silhouette"] for row in tried if not is_missing(row["silhouette"])}
    best = max(known, key=lambda candidate: known[candidate], default=None)
    highest = "" if best is None else f" Highest at k = {best} with {score(known[best])}."
    return f"Line chart of the silhouette for {_range(tried)}.{highest} Chosen: k = {k} with {score(known.get(k))}."


def wcss_alternative(findings: Findings) -> str:
    """How far WCSS falls, where its elbow is, and what was chosen."""
    tried, choice = records(findings.k_selection), findings.manifest["choice"]
    elbow = "It has no elbow" if choice["elbow_k"] is None else f"Elbow at k = {choice['elbow_k']}"
    first, last = number(tried[0]["wcss"]), number(tried[-1]["wcss"])
    return f"Line chart of WCSS for {_range(tried)}, from {first} to {last}. {elbow}. Chosen: k = {choice['k']}."


def scatter_alternative(findings: Findings) -> str:
    """How many customers, how much variance, and where the segments lie."""
    labels = segment_labels(findings.summary)
    middles = records(findings.scatter.groupby("segment_id")[["x", "y"]].median().reset_index())
    told = [f"{labels[row['segment_id']]} around {number(row['x'])}, {number(row['y'])}" for row in middles if row["segment_id"] in labels]
    return (
        f"Scatter plot of {_marks(findings, len(findings.scatter))} on two principal components that keep "
        f"{percent(findings.scatter_explained)} of the variance. {'; '.join(told)}."
    )


def bands_alternative(findings: Findings) -> str:
    """The mean silhouette of every segment, and how many of its customers lie nearer to another."""
    labels = segment_labels(findings.summary)
    below = {segment: (shown < 0).mean() for segment, shown in findings.scatter.groupby("segment_id")["silhouette"]}
    told = [
        f"{labels[row['segment_id']]}: mean {score(row['silhouette'])}, {percent(below.get(row['segment_id']))} below 0"
        for row in records(findings.summary)
    ]
    return f"Silhouettes of {_marks(findings, len(findings.scatter))}, sorted within each segment. {'; '.join(told)}."


def pair_alternative(findings: Findings) -> str:
    """The two features, and where the segments lie in them."""
    labels, features, units = segment_labels(findings.summary), feature_labels(findings), units_of(findings)
    first, second = findings.pair_features
    middles = records(findings.pair.groupby("segment_id")[["first", "second"]].median().reset_index())
    told = [
        f"{labels[row['segment_id']]} around {measure(row['first'], units.get(first, 'share'), findings.currency)} and "
        f"{measure(row['second'], units.get(second, 'share'), findings.currency)}"
        for row in middles
        if row["segment_id"] in labels
    ]
    return f"Scatter plot of {_marks(findings, len(findings.pair))}: {features[first]} and {features[second]}. {'; '.join(told)}."


def ranges_alternative(findings: Findings) -> str:
    """Of every main feature, the segments with the lowest and the highest median."""
    labels, features = segment_labels(findings.summary), feature_labels(findings)
    told = []
    for name in main_features(findings):
        known = [row for row in records(findings.profile) if row["feature"] == name and not is_missing(row["p50"])]
        ends = [extreme(known, key=lambda row: row["p50"], default=None) for extreme in (min, max)]
        words = [f"{measure(row['p50'], row['unit'], findings.currency)} ({labels[row['segment_id']]})" for row in ends if row]
        told.append(f"{features[name]}: medians from {' to '.join(words)}")
    return f"Range from the 10th to the 90th percentile, and median, of each segment in {len(told)} features. {'; '.join(told)}."


def categories_alternative(findings: Findings) -> str:
    """The largest category of every segment."""
    labels, shares = segment_labels(findings.summary), category_shares(findings)
    largest = {int(segment): str(shares[segment].idxmax()) for segment in shares.columns if shares[segment].notna().any()}
    told = [
        f"{labels[segment]}: {category_label(name, findings)}, {percent(shares[segment].to_dict()[name])}"
        for segment, name in largest.items()
    ]
    return f"Heat map of the mean share of spend in {len(shares)} categories by segment. Largest of each: {'; '.join(told)}."


def _marks(findings: Findings, number: int) -> str:
    least = findings.customers_of_a_mark
    return f"{count(number)} customers" if least == 1 else f"{count(number)} marks, of {count(least)} customers or more each,"


def _index(row: dict[str, Any], findings: Findings) -> str:
    segment, feature = segment_labels(findings.summary)[row["segment_id"]], feature_labels(findings)[row["feature"]]
    return f"{segment}, {feature}, {count(row['index'])}"


def _range(tried: list[dict[str, Any]]) -> str:
    return f"k from {tried[0]['k']} to {tried[-1]['k']}"
