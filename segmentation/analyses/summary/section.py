"""Section with the cards of the segments."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from segmentation.analyses.summary.distinctive_features import distinctive_features
from segmentation.report.formats import count, is_missing, measure, money, percent, score
from segmentation.report.labels import feature_labels, segment_labels
from segmentation.report.palette import ink_on, segment_colour
from segmentation.report.report_data import ReportData, records
from segmentation.report.section import Block, Note, Paragraph, Section, Template

_TYPICAL = ("monetary_net", "frequency_orders", "recency_days")
_WITH_PURCHASES = (
    "Customers in a segment behave alike; segments differ. They are numbered by net spend per customer, the highest first. "
    "Each card begins with what sets a segment apart most from all other customers."
)
_ATTRIBUTES_ALONE = (
    "Customers in a segment are alike; segments differ. They are numbered by size, the largest first, and named by what sets them apart "
    "most. Each card begins with what sets a segment apart most from all other customers."
)
_NO_PURCHASES = (
    "The input describes who these customers are, not what they buy or when. So this page says nothing about revenue, or about what to do "
    "for each segment. Add their purchases to the run, and it will."
)


@dataclass(frozen=True)
class Card:
    """One segment; ``customer_bar`` and ``revenue_bar`` are widths in percent, 0 to 100."""

    number: int
    name: str
    is_named: bool
    colour: str
    ink: str
    customers: str
    customer_share: str
    customer_bar: float
    revenue: str
    revenue_share: str
    revenue_bar: float
    silhouette: str
    stability: str
    sentence: str
    border: str
    typical: tuple[tuple[str, str], ...]


def cards(data: ReportData) -> tuple[Card, ...]:
    """A card for each segment, in order of their numbers."""
    sentences, labels = distinctive_features(data), segment_labels(data.summary)
    return tuple(
        Card(
            number=row["segment_id"],
            name=labels[row["segment_id"]],
            is_named=labels[row["segment_id"]] != f"Segment {row['segment_id']}",
            colour=segment_colour(position),
            ink=ink_on(segment_colour(position)),
            customers=count(row["customers"]),
            customer_share=percent(row["customer_share"]),
            customer_bar=_bar(row["customer_share"]),
            revenue=money(row.get("revenue_net"), data.currency),
            revenue_share=percent(row.get("revenue_share")),
            revenue_bar=_bar(row.get("revenue_share")),
            silhouette=score(row["silhouette"]),
            stability=score(row["stability"], places=2),
            sentence=sentences[row["segment_id"]],
            border=_border(row),
            typical=tuple(_typical(row, data)),
        )
        for position, row in enumerate(records(data.summary))
    )


def _border(row: Mapping[str, Any]) -> str:
    """How many customers are near the border of another segment."""
    if is_missing(row["border_customers"]):
        return "The number of customers near the boundary is suppressed: it would describe only a few customers."
    if not row["border_customers"]:
        return "No customer is near the boundary of another segment."
    return (
        f"{percent(row['border_share'])} ({count(row['border_customers'])}) are near the boundary, and could as well be in another segment."
    )


def _typical(row: Mapping[str, Any], data: ReportData) -> Iterator[tuple[str, str]]:
    """Medians of the three most common features, else of the first three that are not shares."""
    units = dict(zip(data.profile["feature"], data.profile["unit"], strict=True))
    medians = [name.removesuffix("_median") for name in row if name.endswith("_median")]
    medians = [name for name in medians if name in _TYPICAL or units.get(name) != "share"]
    labels = feature_labels(data)
    for name in [name for name in _TYPICAL if name in medians] or medians[:3]:
        yield labels.get(name, name), measure(row[f"{name}_median"], units.get(name, ""), data.currency)


def _bar(share: float | None) -> float:
    return 0.0 if share is None or is_missing(share) else round(100 * min(1.0, max(0.0, float(share))), 2)


def summary_section(data: ReportData) -> Section:
    """One card for each segment."""
    blocks: list[Block] = [Paragraph(_WITH_PURCHASES if data.has_purchases else _ATTRIBUTES_ALONE)]
    if not data.has_purchases:
        blocks.append(Note(_NO_PURCHASES))
    blocks.append(Template("analyses/summary/cards.html.j2", {"cards": cards(data), "has_purchases": data.has_purchases}))
    return Section("segments", "The segments", "Segments", tuple(blocks))
