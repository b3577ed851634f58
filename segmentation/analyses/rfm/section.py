"""The page's comparison with RFM."""

from segmentation.report.formats import count, money, number, percent, score
from segmentation.report.report_data import ReportData, records
from segmentation.report.section import Paragraph, Section, Table, TableBlock

_AGREEMENT = ((0.9, "almost the same grouping"), (0.65, "largely the same"), (0.3, "partly alike"), (0.05, "hardly alike"))


def rfm_section(data: ReportData) -> Section:
    """How far the two groupings agree, and what the RFM segments are like."""
    return Section(
        anchor="rfm",
        title="Compared with the usual RFM segments",
        navigation="Compared with RFM",
        blocks=(
            Paragraph(
                "Without any clustering, customers can be scored by quintile in recency, frequency and monetary value, and named by rule. "
                + agreement(data.facts("rfm")["adjusted_rand"])
            ),
            TableBlock(rfm_table(data)),
        ),
    )


def agreement(adjusted_rand: float) -> str:
    """How far the RFM segments agree with the run's own."""
    words = next((words for minimum, words in _AGREEMENT if adjusted_rand >= minimum), "no more alike than by chance")
    return (
        f"The two groupings are {words}: their adjusted Rand index is {score(adjusted_rand, places=2)}, where 1 means equal "
        "and 0 is what chance would bring."
    )


def rfm_table(data: ReportData) -> Table:
    """Size, revenue and medians of each RFM segment."""
    rows = [
        (
            row["rfm_segment"],
            count(row["customers"]),
            percent(row["customer_share"]),
            money(row["revenue_net"], data.currency, exact=True),
            percent(row["revenue_share"]),
            number(row["recency_days_median"]),
            number(row["frequency_orders_median"]),
            money(row["monetary_net_median"], data.currency),
        )
        for row in records(data.table("rfm_baseline"))
    ]
    shares = ("Customers", "Share of customers", "Net revenue", "Share of revenue")
    medians = ("Days since last purchase", "Orders", "Net spend")
    caption = "The usual RFM segments; the last three columns are medians"
    return Table(caption, ("RFM segment", *shares, *medians), tuple(rows), frozenset({"RFM segment"}))
