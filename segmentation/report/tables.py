"""The table behind each chart, and those that stand alone, as text ready to print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segmentation.report.findings import Findings, records
from segmentation.report.formats import NOTHING, count, duration, is_missing, measure, money, number, percent, plain, score
from segmentation.report.labels import feature_labels, segment_labels


@dataclass(frozen=True)
class Table:
    """Cells as text; the columns named in ``words`` hold text, all others numbers."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: frozenset[str]


def shares_table(findings: Findings) -> Table:
    """Size and revenue of each segment."""
    labels = segment_labels(findings.summary)
    rows = [
        (
            labels[row["segment_id"]],
            count(row["customers"]),
            percent(row["customer_share"]),
            money(row["revenue_net"], findings.currency, exact=True),
            percent(row["revenue_share"]),
            score(row["silhouette"]),
        )
        for row in records(findings.summary)
    ]
    columns = ("Segment", "Customers", "Share of customers", "Net revenue", "Share of revenue", "Silhouette")
    return _table("Size and revenue of each segment", columns, rows, {"Segment"})


def profile_table(findings: Findings) -> Table:
    """Every feature of every segment, with its spread."""
    features, segments = feature_labels(findings), segment_labels(findings.summary)
    rows = [
        (
            features[row["feature"]],
            segments[row["segment_id"]],
            *(measure(row[column], row["unit"], findings.currency) for column in ("mean", "p10", "p50", "p90")),
            count(row["index"]),
            number(row["effect"]),
            interval(row["effect_low"], row["effect_high"]),
        )
        for row in records(findings.profile)
    ]
    columns = ("Feature", "Segment", "Mean", "10th percentile", "Median", "90th percentile", "Index", "Effect", "95 % interval")
    return _table("Profile of each segment", columns, rows, {"Feature", "Segment"})


def silhouette_table(findings: Findings) -> Table:
    """Silhouette by k, and what makes a k eligible."""
    rows = [
        (
            str(row["k"]),
            score(row["silhouette"], places=4),
            score(row["silhouette_spread"], places=4),
            score(row["stability"], places=2),
            percent(row["smallest_share"]),
            _verdict(row, findings),
        )
        for row in records(findings.k_selection)
    ]
    columns = ("k", "Silhouette", "Spread between seeds", "Least stable segment", "Smallest segment", "Verdict")
    return _table("Silhouette by number of segments", columns, rows, {"Verdict"})


def wcss_table(findings: Findings) -> Table:
    """WCSS by k, how much each further segment takes off it, and three more measures."""
    changes = findings.k_selection["wcss"].astype(float).pct_change(fill_method=None)
    rows = [
        (
            str(row["k"]),
            number(row["wcss"]),
            percent(change),
            number(row["calinski_harabasz"]),
            number(row["davies_bouldin"]),
            score(row["gap"]),
            score(row["gap_error"]),
            _verdict(row, findings),
        )
        for row, change in zip(records(findings.k_selection), changes, strict=True)
    ]
    columns = ("k", "WCSS", "Change", "Calinski-Harabasz", "Davies-Bouldin", "Gap", "Its error", "Verdict")
    return _table("WCSS by number of segments", columns, rows, {"Verdict"})


def reasons_table(findings: Findings) -> Table:
    """One sentence on each k."""
    rows = [(str(row["k"]), _verdict(row, findings), sentence(row["reason"])) for row in records(findings.k_selection)]
    return _table("Why each number of segments was chosen or not", ("k", "Verdict", "Reason"), rows, {"Verdict", "Reason"})


def scatter_table(findings: Findings) -> Table:
    """Where the middle of each segment lies on the map."""
    points, labels = findings.scatter, segment_labels(findings.summary)
    groups = ((label, points[points["segment_id"] == segment]) for segment, label in labels.items())
    rows = [(label, count(len(group)), *(number(group[axis].median()) for axis in ("x", "y"))) for label, group in groups]
    columns = ("Segment", shown_of(findings), "Median, first component", "Median, second component")
    return _table("Customers shown on the map", columns, rows, {"Segment"})


def shown_of(findings: Findings) -> str:
    """What the marks of a picture are."""
    return "Customers shown" if findings.customers_of_a_mark == 1 else f"Marks, of {count(findings.customers_of_a_mark)} customers or more"


def features_table(findings: Findings) -> Table:
    """What customers were compared by."""
    labels = feature_labels(findings)
    rows = [
        (
            labels[str(row["feature"])],
            plain(row["feature"], 80),
            plain(row["block"], 40),
            plain(row["transform"], 40),
            number(row["weight"]),
            count(row.get("missing")),
            "no: equal for all customers" if row["constant"] else "yes",
        )
        for row in findings.manifest["features"]
    ]
    columns = ("Feature", "Column", "Block", "Transform", "Weight", "Customers without", "Has a say")
    return _table("Features that customers were compared by", columns, rows, set(columns) - {"Weight", "Customers without"})


def attributes_table(findings: Findings) -> Table:
    """What the customer table tells, and where it is silent."""
    rows = [
        (
            plain(row["column"], 60),
            plain(row["type"], 20),
            plain(", ".join(row["levels"]) or ", ".join(level for level in row["features"].values() if level), 200) or NOTHING,
            count(row["missing"]),
            count(row["unreadable"]),
        )
        for row in findings.attributes.values()
    ]
    columns = ("Attribute", "Type", "Levels", "Customers without", "Values not readable")
    return _table("Attributes of customers", columns, rows, {"Attribute", "Type", "Levels"})


def stages_table(findings: Findings) -> Table:
    """What each stage took and counted."""
    rows = [(sentence(row["stage"]).rstrip("."), duration(row["seconds"]), _counts(row["counts"])) for row in findings.manifest["stages"]]
    return _table("Stages of the run", ("Stage", "Time", "Counted"), rows, {"Stage", "Counted"})


def sentence(text: object) -> str:
    """Foreign text as a sentence: capital first, full stop last."""
    words = plain("" if is_missing(text) else text, 300)
    return words[:1].upper() + words[1:] + ("." if words and words[-1] not in ".!?" else "")


def interval(low: float | None, high: float | None) -> str:
    """A range of values: 0.12 to 0.45."""
    return NOTHING if is_missing(low) or is_missing(high) else f"{number(low)} to {number(high)}"


def _verdict(row: Mapping[str, Any], findings: Findings) -> str:
    choice = findings.manifest["choice"]
    standing = "chosen" if row["chosen"] else "eligible" if row["eligible"] else "not eligible"
    marks = [mark for name, mark in (("elbow_k", "elbow"), ("gap_k", "gap")) if choice[name] == row["k"]]
    return ", ".join([standing, *marks])


def _counts(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{count(value)} {plain(name, 40)}" for name, value in counts.items()) or NOTHING


def _table(caption: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], words: set[str]) -> Table:
    return Table(caption, columns, tuple(rows), frozenset(words))
