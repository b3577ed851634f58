"""The usual RFM segments on the page."""

from segmentation.report.findings import Findings, records
from segmentation.report.formats import count, money, number, percent, score
from segmentation.report.tables import Table

_AGREEMENT = ((0.9, "almost the same grouping"), (0.65, "largely the same"), (0.3, "alike in part"), (0.05, "alike in little"))


def agreement(findings: Findings) -> str:
    """How far the RFM segments agree with ours."""
    index = findings.manifest["rfm"]["adjusted_rand"]
    words = next((words for least, words in _AGREEMENT if index >= least), "no more alike than by chance")
    return (
        f"The two are {words}: their adjusted Rand index is {score(index, places=2)}, where 1 is the same grouping of customers "
        "and 0 what chance would bring."
    )


def rfm_table(findings: Findings) -> Table:
    """Size, revenue and medians of each RFM segment."""
    rows = [
        (
            row["rfm_segment"],
            count(row["customers"]),
            percent(row["customer_share"]),
            money(row["revenue_net"], findings.currency, exact=True),
            percent(row["revenue_share"]),
            number(row["recency_days_median"]),
            number(row["frequency_orders_median"]),
            money(row["monetary_net_median"], findings.currency),
        )
        for row in records(findings.rfm)
    ]
    shares = ("Customers", "Share of customers", "Net revenue", "Share of revenue")
    medians = ("Days since last purchase", "Orders", "Net spend")
    return Table(
        "The usual RFM segments; the last three columns are medians",
        ("RFM segment", *shares, *medians),
        tuple(rows),
        frozenset({"RFM segment"}),
    )
