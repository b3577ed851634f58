"""The page's section on what each segment buys together, and recommendations for the cards of segments."""

from typing import Any

from segmentation.report.formats import count, number, percent, plain
from segmentation.report.labels import segment_labels
from segmentation.report.report_data import ReportData, records
from segmentation.report.section import Block, CardPart, Heading, Note, Paragraph, Section, Table, TableBlock, sentence

_MAX_RULES = 5
_MAX_LENGTH = 80
_COLUMNS = ("Who buys", "also buys", "Of those orders", "Times as often as in all orders", "Orders", "Customers still without it")


def recommendations_section(data: ReportData) -> Section:
    """The first rules of each segment; on the card of each segment, what to do first."""
    return Section(
        anchor="baskets",
        title="What they buy together",
        navigation="Baskets",
        blocks=(
            Paragraph(
                "Products that occur in one order more often than chance and the size of orders explain. The surest connections come "
                "first. Large orders count no more than small ones, and only a few orders of a frequent customer count."
            ),
            *_rule_blocks(data),
            Note(
                "The tables of this run have all rules, the products and categories typical of each segment, and products to recommend to "
                "each customer."
            ),
        ),
        card_parts={("actions", segment): CardPart("First steps", steps) for segment, steps in first_steps(data).items()},
        glossary=(
            (
                "Times as often",
                "Lift: a product’s share here divided by its share in all. 1 is no difference. Shown is only what enough orders or "
                "customers support, and what is surely above chance, however many products were compared.",
            ),
        ),
    )


def first_steps(data: ReportData) -> dict[int, tuple[str, ...]]:
    """Recommendations as sentences, by segment."""
    steps: dict[int, list[str]] = {}
    for row in _ranked(data, "segment_recommendations"):
        steps.setdefault(int(row["segment_id"]), []).append(sentence(row["recommendation"]))
    return {segment: tuple(sentences) for segment, sentences in steps.items()}


def rule_tables(data: ReportData) -> dict[int, Table]:
    """The first rules of each segment that has any."""
    rules = _ranked(data, "association_rules")
    by_segment = {segment: [row for row in rules if row["segment_id"] == segment] for segment in segment_labels(data.summary)}
    return {segment: _rule_table(data, segment, rows[:_MAX_RULES]) for segment, rows in by_segment.items() if rows}


def _rule_blocks(data: ReportData) -> list[Block]:
    labels, tables = segment_labels(data.summary), rule_tables(data)
    shown: list[Block] = [block for segment, table in tables.items() for block in (Heading(labels[segment]), TableBlock(table))]
    without = [label for segment, label in labels.items() if segment not in tables]
    return [*shown, *(Note(f"{label}: no products occur together in enough orders.") for label in without)]


def _rule_table(data: ReportData, segment: int, rules: list[dict[str, Any]]) -> Table:
    rows = tuple(
        (
            plain(row["antecedent_text"], _MAX_LENGTH),
            plain(row["consequent_text"], _MAX_LENGTH),
            percent(row["confidence"], places=0),
            number(row["lift"]),
            count(row["orders"]),
            count(row["customers"]),
        )
        for row in rules
    )
    caption = f"What customers of “{segment_labels(data.summary)[segment]}” buy together"
    return Table(caption, _COLUMNS, rows, frozenset(_COLUMNS[:2]))


def _ranked(data: ReportData, name: str) -> list[dict[str, Any]]:
    table = data.table(name)
    return [] if table.empty else records(table.sort_values(["segment_id", "rank"]))
