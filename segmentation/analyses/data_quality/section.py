"""Section on data quality: what was read, and what was left out."""

from typing import Any

from segmentation.analyses.data_quality.accounting_table import accounting_table
from segmentation.report.formats import NOTHING, count, plain
from segmentation.report.report_data import ReportData
from segmentation.report.section import Block, Heading, Note, Paragraph, Section, Table, TableBlock, Template, table


def data_quality_section(data: ReportData) -> Section:
    """One table for lines, customers and rows of the customer table each."""
    everything = "Every line of the log and every customer in it" if data.has_purchases else "Every customer of the table"
    blocks: list[Block] = [Paragraph(f"{everything} is either used or listed with the reason why not.")]
    for subject in _subjects(data):
        shown = accounting_table(data.table("accounting"), subject, data.currency)
        blocks.append(Template("analyses/data_quality/accounting_table.html.j2", {"accounting": shown}))
    if data.attributes:
        blocks += [Heading("Attributes"), Paragraph(_attributes_text(data)), TableBlock(attributes_table(data))]
    if data.n_suppressed:
        blocks.append(Note(_suppression_text(data)))
    return Section("accounting", "Data quality: what was read and what was left out", "Data quality", tuple(blocks))


def _subjects(data: ReportData) -> list[str]:
    known = set(data.table("accounting")["subject"])
    return [subject for subject in ("lines", "customers", "attribute_rows") if subject in known]


def _attributes_text(data: ReportData) -> str:
    facts: dict[str, Any] = data.manifest["attributes"]
    without_row = f"{count(facts['without_row'])} customers have no row in the customer table. " if facts["without_row"] else ""
    return (
        f"{without_row}Where an attribute is missing or cannot be read, customers are compared by its median (a nominal one: its most "
        "frequent level); a column of customer_features says where."
    )


def _suppression_text(data: ReportData) -> str:
    return (
        f"Figures about fewer than {count(data.min_group_size)} customers are suppressed: a dash means that a figure would describe such a "
        f"group, or would reveal one by subtraction. {count(data.n_suppressed)} figures in the tables of this run are suppressed."
    )


def attributes_table(data: ReportData) -> Table:
    """The attributes of the customer table, and where they are missing."""
    rows = [
        (
            plain(row["column"], 60),
            plain(row["type"], 20),
            plain(", ".join(row["levels"]) or ", ".join(level for level in row["features"].values() if level), 200) or NOTHING,
            count(row["missing"]),
            count(row["unreadable"]),
        )
        for row in data.attributes.values()
    ]
    columns = ("Attribute", "Type", "Levels", "Customers without", "Unreadable values")
    return table("Attributes of customers", columns, rows, ("Attribute", "Type", "Levels"))
