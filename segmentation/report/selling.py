"""What each segment buys together, and what to recommend to it, ready to print."""

from typing import Any

from segmentation.report.findings import Findings, records
from segmentation.report.formats import count, number, percent, plain
from segmentation.report.labels import segment_labels
from segmentation.report.tables import Table, sentence

SHOWN = 5
_COLUMNS = ("Who buys", "also buys", "Of those orders", "Times as often as in all orders", "Orders", "Customers still without it")
_LONGEST = 80


def recommendations(findings: Findings) -> dict[int, tuple[str, ...]]:
    """Sentences by segment; none where baskets were not looked for."""
    found: dict[int, list[str]] = {}
    for row in _rows(findings, "segment_recommendations", "place"):
        found.setdefault(int(row["segment_id"]), []).append(sentence(row["recommendation"]))
    return {segment: tuple(sentences) for segment, sentences in found.items()}


def basket_tables(findings: Findings) -> tuple[tuple[str, Table], ...]:
    """The first baskets of each segment that has any: its name, and a table."""
    baskets = _rows(findings, "segment_baskets", "rank")
    labels = segment_labels(findings.summary)
    by_segment = {segment: [row for row in baskets if row["segment_id"] == segment][:SHOWN] for segment in labels}
    return tuple((labels[segment], _table(labels[segment], rows)) for segment, rows in by_segment.items() if rows)


def _table(label: str, rows: list[dict[str, Any]]) -> Table:
    cells = (
        (
            plain(row["antecedent_text"], _LONGEST),
            plain(row["consequent_text"], _LONGEST),
            percent(row["confidence"], places=0),
            number(row["lift"]),
            count(row["orders"]),
            count(row["customers"]),
        )
        for row in rows
    )
    return Table(f"What customers of “{label}” buy together", _COLUMNS, tuple(cells), frozenset(_COLUMNS[:2]))


def without_baskets(findings: Findings) -> tuple[str, ...]:
    """Segments in which nothing stands together often enough."""
    have = {row["segment_id"] for row in _rows(findings, "segment_baskets", "rank")}
    return tuple(label for segment, label in segment_labels(findings.summary).items() if segment not in have)


def _rows(findings: Findings, name: str, by: str) -> list[dict[str, Any]]:
    table = findings.selling.get(name)
    return [] if table is None or table.empty else records(table.sort_values(["segment_id", by]))
