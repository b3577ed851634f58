"""Section on typical customers: each segment's conditions, examples, and how compact segments are."""

from collections.abc import Mapping
from typing import Any

from segmentation.report.formats import count, is_missing, measure, percent, score
from segmentation.report.labels import category_label, feature_labels, is_category_share, segment_labels
from segmentation.report.report_data import ReportData, records
from segmentation.report.section import Block, CardPart, Note, Paragraph, Section, SingleCustomers, Table, TableBlock

Conditions = Mapping[int, list[dict[str, Any]]]

# Phrases for values above a bound, and for values up to it.
_PHRASES = {
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


def rules_section(data: ReportData, conditions: Conditions) -> Section:
    """Typical customers, compactness, and a sentence for each card."""
    examples: list[Block] = [SingleCustomers((TableBlock(examples_table(data)),))] if not data.table("segment_examples").empty else []
    return Section(
        anchor="likeness",
        title="Typical and doubtful customers",
        navigation="Typical customers",
        blocks=(
            Paragraph(fidelity(data)),
            *examples,
            Note(
                "The silhouette of a customer measures how much closer they are to their own segment than to the next; a customer is near "
                "the boundary if another center is less than a quarter farther than their own."
            ),
            TableBlock(compactness_table(data)),
        ),
        card_parts={("segments", segment): CardPart("Who they are", (text,)) for segment, text in who_they_are(data, conditions).items()},
    )


def who_they_are(data: ReportData, conditions: Conditions) -> dict[int, str]:
    """Each segment's conditions as a sentence, with precision and recall; segments without a rule are left out."""
    return {row["segment_id"]: _who(row, conditions[row["segment_id"]], data) for row in records(data.table("segment_rules"))}


def fidelity(data: ReportData) -> str:
    """How closely plain conditions reproduce the model's segments."""
    facts = data.facts("rules")
    return (
        f"In plain conditions: a decision tree of depth {facts['depth']} assigns {percent(facts['fidelity'], places=0)} of customers to "
        f"the model’s own segment, the conditions on the cards {percent(facts['rules_fidelity'], places=0)} "
        f"(of {count(facts['customers'])} customers of the sample). The model itself weighs all features at once."
    )


def compactness_table(data: ReportData) -> Table:
    """How the silhouettes of a segment's customers spread, and how many are near the border."""
    labels = segment_labels(data.summary)
    rows = [
        (
            labels[row["segment_id"]],
            *(score(row[name]) for name in ("silhouette", "silhouette_p10", "silhouette_p50", "silhouette_p90")),
            percent(row["silhouette_below_0_share"]),
            count(row["border_customers"]),
            percent(row["border_share"]),
        )
        for row in records(data.summary)
    ]
    columns = ("Segment", "Mean silhouette", "10th percentile", "Median", "90th percentile", "Below 0", "Near the boundary", "Share")
    return Table("How well customers fit into their segments", columns, tuple(rows), frozenset({"Segment"}))


def examples_table(data: ReportData) -> Table:
    """The customers nearest each centre: what they do, and the category they spend most on."""
    labels, segments = feature_labels(data), segment_labels(data.summary)
    shown_rows = [row for row in records(data.table("segment_examples")) if row["segment_id"] in segments]
    features = list(dict.fromkeys(row["feature"] for row in shown_rows))
    shown = [name for name in features if not is_category_share(name)]
    customers: dict[tuple[int, int], dict[str, dict[str, Any]]] = {}
    for row in shown_rows:
        customers.setdefault((row["segment_id"], row["rank"]), {})[row["feature"]] = row
    has_categories = len(shown) < len(features)
    rows = [
        (
            *(segments[segment], str(rank), *(_value(cells.get(name), data) for name in shown)),
            *([_liked(cells, data)] if has_categories else []),
        )
        for (segment, rank), cells in customers.items()
    ]
    columns = ("Segment", "Rank", *(labels.get(name, name) for name in shown), *(["Most spent on"] if has_categories else []))
    means = f" (means of {data.min_group_size} customers or more)" if data.min_group_size > 1 else ""
    return Table(f"Customers nearest to the center of each segment{means}", columns, tuple(rows), frozenset({"Segment", "Most spent on"}))


def _who(row: Mapping[str, Any], conditions: list[dict[str, Any]], data: ReportData) -> str:
    rule = _and([_condition(condition, data) for condition in conditions]) or "anyone"
    if is_missing(row["precision"]):
        return f"{rule[:1].upper()}{rule[1:]} (how often this is right is suppressed: it would describe only a few customers)."
    precision, recall = percent(row["precision"], places=0), percent(row["recall"], places=0)
    return f"{rule[:1].upper()}{rule[1:]} (right for {precision}; {recall} of the segment are like this)."


def _condition(condition: Mapping[str, Any], data: ReportData) -> str:
    feature, bound = str(condition["feature"]), condition["bound"]
    units = dict(zip(data.profile["feature"], data.profile["unit"], strict=True))
    value = _bound(bound, units.get(feature, ""), data.currency)
    if is_category_share(feature):
        return f"{'more than' if condition['is_above'] else 'at most'} {value} of spend on {category_label(feature, data)}"
    if feature not in _PHRASES:
        label = feature_labels(data).get(feature, feature)
        return f"{label} {'above' if condition['is_above'] else 'at most'} {value}"
    above, up_to = _PHRASES[feature]
    return (above if condition["is_above"] else up_to).format(value)


def _bound(value: float, unit: str, currency: str | None) -> str:
    """A bound with its unit, without trailing zeros: bounds are rounded already."""
    if unit == "share":
        return percent(value, places=0 if round(100 * value, 9).is_integer() else 2)
    text = measure(value, unit, currency)
    return text.removesuffix(".00") if unit == "currency" else text


def _and(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _value(row: Mapping[str, Any] | None, data: ReportData) -> str:
    return measure(None if row is None else row["value"], "" if row is None else row["unit"], data.currency)


def _liked(cells: Mapping[str, Mapping[str, Any]], data: ReportData) -> str:
    shares = {name: row["value"] for name, row in cells.items() if is_category_share(name) and not is_missing(row["value"])}
    most = max(shares, key=lambda name: shares[name], default=None)
    return "" if most is None else f"{category_label(most, data)} ({percent(shares[most], places=0)})"
