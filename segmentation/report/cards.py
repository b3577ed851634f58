"""The front of the page: the headline, the key facts and a card for each segment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from segmentation.report.findings import Findings, records
from segmentation.report.formats import NOTHING, count, is_missing, measure, money, percent, plain, score
from segmentation.report.labels import feature_labels, segment_labels
from segmentation.report.ledger import counted
from segmentation.report.likeness import borders, whos
from segmentation.report.palette import ink_on, segment_colour
from segmentation.report.portraits import portraits

_PLAY = {"goal": "Goal", "offer": "Offer", "channel": "Channel", "timing": "When", "caution": "Mind", "because": "Because"}
_TYPICAL = ("monetary_net", "frequency_orders", "recency_days")


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
    who: str
    border: str
    action: str
    play: tuple[tuple[str, str], ...]
    typical: tuple[tuple[str, str], ...]


def cards(findings: Findings) -> tuple[Card, ...]:
    """A card for each segment, in order of their numbers."""
    sentences, labels = portraits(findings), segment_labels(findings.summary)
    who, near = whos(findings), borders(findings)
    plays = {row["segment_id"]: row for row in records(findings.actions)}
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
            revenue=money(row.get("revenue_net"), findings.currency),
            revenue_share=percent(row.get("revenue_share")),
            revenue_bar=_bar(row.get("revenue_share")),
            silhouette=score(row["silhouette"]),
            stability=score(row["stability"], places=2),
            sentence=sentences[row["segment_id"]],
            who=who[row["segment_id"]],
            border=near[row["segment_id"]],
            action=plain("{goal}: {offer}".format(**plays[row["segment_id"]])) if plays else "",
            play=tuple((label, str(plays[row["segment_id"]][name])) for name, label in _PLAY.items()) if plays else (),
            typical=tuple(_typical(row, findings)),
        )
        for position, row in enumerate(records(findings.summary))
    )


def headline(findings: Findings) -> str:
    """One sentence: how many customers in how many segments, and which of them carries the most beyond its size."""
    customers, segments = findings.summary["customers"].sum(), len(findings.summary)
    whole = f"{count(customers)} customers in {segments} {'segment' if segments == 1 else 'segments'}"
    known = [row for row in records(findings.summary) if not is_missing(row.get("revenue_share"))]
    top = max(known, key=_beyond_its_size, default=None)
    if not findings.has_purchases:
        return f"{whole}. {_largest(findings)}"
    if top is None or _beyond_its_size(top) <= 0:
        return f"{whole}."
    name = segment_labels(findings.summary)[top["segment_id"]]
    return f"{whole}. {name}: {percent(top['customer_share'])} of customers, {percent(top['revenue_share'])} of net revenue."


def _largest(findings: Findings) -> str:
    row = max(records(findings.summary), key=lambda row: (row["customers"], -row["segment_id"]))
    return f"The largest, “{segment_labels(findings.summary)[row['segment_id']]}”, holds {percent(row['customer_share'])} of them."


def key_facts(findings: Findings) -> tuple[tuple[str, str], ...]:
    """What a reader wants to know before anything else, as label and value."""
    return _facts_of_purchases(findings) if findings.has_purchases else _facts_of_attributes(findings)


def _facts_of_attributes(findings: Findings) -> tuple[tuple[str, str], ...]:
    read, used = (counted(findings.accounting, "attribute_rows", outcome) for outcome in ("read", "used"))
    return (
        ("Customers in segments", count(findings.summary["customers"].sum())),
        ("Rows read", count(read)),
        ("Rows used", percent(used / read) if read and used is not None else NOTHING),
        ("Attributes", count(len(findings.attributes))),
        ("As of", str(findings.manifest["as_of"])),
    )


def _facts_of_purchases(findings: Findings) -> tuple[tuple[str, str], ...]:
    revenue = sum((amount for amount in findings.summary["revenue_net"] if not is_missing(amount)), start=0)
    read, accepted = (counted(findings.accounting, "lines", outcome) for outcome in ("read", "accepted"))
    source = findings.manifest["input"]
    return (
        ("Customers in segments", count(findings.summary["customers"].sum())),
        ("Net revenue", money(revenue, findings.currency)),
        ("Lines read", count(read)),
        ("Lines used", percent(accepted / read) if read and accepted is not None else NOTHING),
        ("Orders from", _day(source.get("first_line_at"))),
        ("Orders to", _day(source.get("last_line_at"))),
    )


def _typical(row: Mapping[str, Any], findings: Findings) -> Iterator[tuple[str, str]]:
    """Medians of the three features everybody asks for, else of the first three there are that are not 0 and 1."""
    units = dict(zip(findings.profile["feature"], findings.profile["unit"], strict=True))
    medians = [name.removesuffix("_median") for name in row if name.endswith("_median")]
    medians = [name for name in medians if name in _TYPICAL or units.get(name) != "share"]
    asked = [name for name in _TYPICAL if name in medians] or medians[:3]
    labels = feature_labels(findings)
    for name in asked:
        yield labels.get(name, name), measure(row[f"{name}_median"], units.get(name, ""), findings.currency)


def _beyond_its_size(row: Mapping[str, Any]) -> float:
    return float(row["revenue_share"]) - float(row["customer_share"])


def _bar(share: float | None) -> float:
    return 0.0 if share is None or is_missing(share) else round(100 * min(1.0, max(0.0, float(share))), 2)


def _day(moment: object) -> str:
    return NOTHING if is_missing(moment) or not str(moment) else str(moment)[:10]
