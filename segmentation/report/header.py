"""Header of the page: headline, grade of the structure, key facts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from segmentation.report.formats import NOTHING, count, is_missing, money, percent
from segmentation.report.labels import segment_labels
from segmentation.report.report_data import ReportData, records

_GRADES = {
    "clear clusters": "Clear clusters: customers fall into groups with gaps between them.",
    "a continuum cut into useful tiers": (
        "A continuum cut into useful tiers: customers shade into one another. The lines between segments are drawn for use; "
        "a customer near a line could be on either side."
    ),
    "no structure": (
        "No structure: customers are no more alike within the segments than if their features had been permuted. "
        "Read the segments as arbitrary slices, and do not build on their differences."
    ),
}


def headline(data: ReportData) -> str:
    """One sentence: how many customers in how many segments, and which of them brings in most beyond its size."""
    customers, segments = data.summary["customers"].sum(), len(data.summary)
    whole = f"{count(customers)} customers in {segments} {'segment' if segments == 1 else 'segments'}"
    if not data.has_purchases:
        return f"{whole}. {_largest(data)}"
    known = [row for row in records(data.summary) if not is_missing(row.get("revenue_share"))]
    top = max(known, key=_beyond_its_size, default=None)
    if top is None or _beyond_its_size(top) <= 0:
        return f"{whole}."
    name = segment_labels(data.summary)[top["segment_id"]]
    return f"{whole}. {name}: {percent(top['customer_share'])} of customers, {percent(top['revenue_share'])} of net revenue."


def grade_text(data: ReportData) -> str:
    """Whether the segments are clusters, tiers, or slices."""
    return _GRADES[data.manifest["choice"]["structure"]["grade"]]


def key_facts(data: ReportData) -> tuple[tuple[str, str], ...]:
    """Key facts, as label and value."""
    customers = ("Customers in segments", count(data.summary["customers"].sum()))
    if not data.has_purchases:
        read, used = (_counted(data, "attribute_rows", outcome) for outcome in ("read", "used"))
        return (
            customers,
            ("Rows read", count(read)),
            ("Rows used", percent(used / read) if read and used is not None else NOTHING),
            ("Attributes", count(len(data.attributes))),
            ("As of", str(data.manifest["as_of"])),
        )
    read, accepted = (_counted(data, "lines", outcome) for outcome in ("read", "accepted"))
    source = data.manifest["input"]
    return (
        customers,
        ("Net revenue", money(sum((a for a in data.summary["revenue_net"] if not is_missing(a)), start=Decimal(0)), data.currency)),
        ("Lines read", count(read)),
        ("Lines used", percent(accepted / read) if read and accepted is not None else NOTHING),
        ("Orders from", _day(source.get("first_line_at"))),
        ("Orders to", _day(source.get("last_line_at"))),
    )


def _largest(data: ReportData) -> str:
    row = max(records(data.summary), key=lambda row: (row["customers"], -row["segment_id"]))
    return f"The largest, “{segment_labels(data.summary)[row['segment_id']]}”, holds {percent(row['customer_share'])} of them."


def _counted(data: ReportData, subject: str, outcome: str) -> int | None:
    """Rows of the accounting, added up; None where one of them is suppressed."""
    table = data.table("accounting")
    rows = table[(table["subject"] == subject) & (table["outcome"] == outcome)]
    return None if rows["count"].isna().any() else int(rows["count"].sum())


def _beyond_its_size(row: Mapping[str, Any]) -> float:
    return float(row["revenue_share"]) - float(row["customer_share"])


def _day(moment: object) -> str:
    return NOTHING if is_missing(moment) or not str(moment) else str(moment)[:10]
