"""Who the customers of a segment are, in plain conditions, and how firmly they belong there."""

from collections.abc import Mapping
from typing import Any

from segmentation.report.findings import Findings, records
from segmentation.report.formats import count, is_missing, measure, percent, score
from segmentation.report.labels import category_label, feature_labels, is_category_share, segment_labels
from segmentation.report.tables import Table

# What is said of a value above a bound, and of one at most at it.
_SAID = {
    "recency_days": ("last bought more than {} ago", "last bought at most {} ago"),
    "tenure_days": ("first bought more than {} ago", "first bought at most {} ago"),
    "frequency_orders": ("more than {}", "at most {}"),
    "purchase_days": ("bought on more than {}", "bought on at most {}"),
    "monetary_net": ("spent more than {}", "spent at most {}"),
    "monetary_gross": ("spent more than {} before returns", "spent at most {} before returns"),
    "order_value_avg": ("orders above {} on average", "orders of at most {} on average"),
    "interpurchase_days_avg": ("more than {} between purchases", "at most {} between purchases"),
    "breadth_products": ("more than {}", "at most {}"),
    "breadth_categories": ("more than {}", "at most {}"),
    "return_rate": ("returned more than {}", "returned at most {}"),
}


def whos(findings: Findings) -> dict[int, str]:
    """Each segment's conditions as a sentence, with how often they are right and how many they find; empty where there are none."""
    told = {row["segment_id"]: _who(row, findings) for row in records(findings.rules)}
    return {segment: told.get(segment, "") for segment in findings.summary["segment_id"]}


def borders(findings: Findings) -> dict[int, str]:
    """Of each segment, who could as well be in another."""
    return {row["segment_id"]: _border(row) for row in records(findings.summary)}


def fidelity(findings: Findings) -> str:
    """How far plain conditions can stand in for the model."""
    found = findings.manifest["surrogate"]
    return (
        f"In plain conditions: a decision tree of depth {found['depth']} puts {percent(found['fidelity'], places=0)} of customers in the "
        f"model’s own segment, the conditions on the cards {percent(found['rules_fidelity'], places=0)} "
        f"(of {count(found['customers'])} customers looked at). The model itself weighs all features at once."
    )


def firmness_table(findings: Findings) -> Table:
    """How the silhouettes of a segment's customers spread, and how many are near the border."""
    labels = segment_labels(findings.summary)
    rows = [
        (
            labels[row["segment_id"]],
            *(score(row[name]) for name in ("silhouette", "silhouette_p10", "silhouette_p50", "silhouette_p90")),
            percent(row["silhouette_below_0_share"]),
            count(row["border_customers"]),
            percent(row["border_share"]),
        )
        for row in records(findings.summary)
    ]
    columns = ("Segment", "Mean silhouette", "10th percentile", "Median", "90th percentile", "Below 0", "Near the border", "Share")
    return Table("How firmly customers sit in their segments", columns, tuple(rows), frozenset({"Segment"}))


def examples_table(findings: Findings) -> Table:
    """The customers nearest each centre: what they do, and the category they spend most on."""
    labels, segments = feature_labels(findings), segment_labels(findings.summary)
    found = [row for row in records(findings.examples) if row["segment_id"] in segments]
    features = list(dict.fromkeys(row["feature"] for row in found))
    shown = [name for name in features if not is_category_share(name)]
    customers: dict[tuple[int, int], dict[str, dict[str, Any]]] = {}
    for row in found:
        customers.setdefault((row["segment_id"], row["place"]), {})[row["feature"]] = row
    has_categories = len(shown) < len(features)
    rows = [
        (
            *(segments[segment], str(place), *(_value(cells.get(name), findings) for name in shown)),
            *([_liked(cells, findings)] if has_categories else []),
        )
        for (segment, place), cells in customers.items()
    ]
    columns = ("Segment", "Place", *(labels.get(name, name) for name in shown), *(["Most spent on"] if has_categories else []))
    means = f" (means of {findings.smallest_group} customers or more)" if findings.smallest_group > 1 else ""
    return Table(f"Customers nearest the centre of each segment{means}", columns, tuple(rows), frozenset({"Segment", "Most spent on"}))


def _who(row: Mapping[str, Any], findings: Findings) -> str:
    told = _and([_condition(condition, findings) for condition in row["conditions"]]) or "anyone"
    if is_missing(row["precision"]):
        return f"{told[:1].upper()}{told[1:]} (how often this is right is not told: it would tell of a few customers)."
    right, found = percent(row["precision"], places=0), percent(row["recall"], places=0)
    return f"{told[:1].upper()}{told[1:]} (right for {right}; {found} of the segment are like this)."


def _condition(condition: Mapping[str, Any], findings: Findings) -> str:
    feature, bound = str(condition["feature"]), condition["bound"]
    units = dict(zip(findings.profile["feature"], findings.profile["unit"], strict=True))
    value = _bound(bound, units.get(feature, ""), findings.currency)
    if is_category_share(feature):
        return f"{'more than' if condition['is_above'] else 'at most'} {value} of spend on {category_label(feature, findings)}"
    if feature not in _SAID:
        label = feature_labels(findings).get(feature, feature)
        return f"{label} {'above' if condition['is_above'] else 'at most'} {value}"
    above, up_to = _SAID[feature]
    return (above if condition["is_above"] else up_to).format(value)


def _bound(value: float, unit: str, currency: str | None) -> str:
    """Bounds are rounded already: no places that say nothing."""
    if unit == "share":
        return percent(value, places=0 if round(100 * value, 9).is_integer() else 2)
    told = measure(value, unit, currency)
    return told.removesuffix(".00") if unit == "currency" else told


def _and(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _border(row: Mapping[str, Any]) -> str:
    if is_missing(row["border_customers"]):
        return "How many are near the border to another segment is not told: it would tell of a few customers."
    if not row["border_customers"]:
        return "Nobody is near the border to another segment."
    return (
        f"{percent(row['border_share'])} ({count(row['border_customers'])}) are near the border, and could as well be in another segment."
    )


def _value(row: Mapping[str, Any] | None, findings: Findings) -> str:
    return measure(None if row is None else row["value"], "" if row is None else row["unit"], findings.currency)


def _liked(cells: Mapping[str, Mapping[str, Any]], findings: Findings) -> str:
    shares = {name: row["value"] for name, row in cells.items() if is_category_share(name) and not is_missing(row["value"])}
    most = max(shares, key=lambda name: shares[name], default=None)
    return "" if most is None else f"{category_label(most, findings)} ({percent(shares[most], places=0)})"
