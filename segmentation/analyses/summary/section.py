"""Section with the cards of the segments."""

from segmentation.analyses.summary.cards import cards
from segmentation.report.report_data import ReportData
from segmentation.report.section import Block, Note, Paragraph, Section, Template

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


def summary_section(data: ReportData) -> Section:
    """One card for each segment."""
    blocks: list[Block] = [Paragraph(_WITH_PURCHASES if data.has_purchases else _ATTRIBUTES_ALONE)]
    if not data.has_purchases:
        blocks.append(Note(_NO_PURCHASES))
    blocks.append(Template("analyses/summary/cards.html.j2", {"cards": cards(data), "has_purchases": data.has_purchases}))
    return Section("segments", "The segments", "Segments", tuple(blocks))
