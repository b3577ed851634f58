"""Tables of the RFM baseline."""

from segmentation.publish.tables import Column, Sum, TableSpec
from segmentation.schemas import BIGINT, DOUBLE, INT, MONEY, RFM_SEGMENT, SEGMENT_ID, STRING

_WITH_LOG = "where there is a transaction log"

RFM_BASELINE = TableSpec(
    name="rfm_baseline",
    grain="One row for each of the ten RFM segments that has customers: what a retailer would have without any clustering.",
    columns=(
        Column(RFM_SEGMENT, STRING, "Name of the RFM segment."),
        Column("customers", BIGINT, "Customers in it.", suppressible=True),
        Column("customer_share", DOUBLE, "Share of all segmented customers, 0 to 1.", suppressible=True),
        Column("revenue_net", MONEY, "Sum of monetary_net.", suppressible=True),
        Column("revenue_share", DOUBLE, "Share of all segmented customers' revenue; null where that is 0.", nullable=True),
        Column("recency_days_median", DOUBLE, "Median of recency_days.", suppressible=True),
        Column("frequency_orders_median", DOUBLE, "Median of frequency_orders.", suppressible=True),
        Column("monetary_net_median", DOUBLE, "Median of monetary_net.", suppressible=True),
    ),
    key=(RFM_SEGMENT,),
    checks=(Sum("customers", "rfm_overlap.customers"),),
    published=_WITH_LOG,
    notes="""\
Each customer has three scores from 1 to 5, by quintile: R of recency_days (5: the most recent), F of frequency_orders, M of monetary_net (5: the highest). A score
is one more than the number of cut points that the value lies above (for R: 5 less that number), so that equal customers score alike; where many share a value, a score may stay
empty. The manifest has the cut points under `analyses.rfm`. The segment follows from R and the mean of F and M, half a point rounded up:

| | F, M: 1 | 2 | 3 | 4 | 5 |
| --- | --- | --- | --- | --- | --- |
| R 5 | New customers | Potential loyalists | Potential loyalists | Champions | Champions |
| R 4 | Promising | Potential loyalists | Potential loyalists | Loyal customers | Loyal customers |
| R 3 | About to sleep | About to sleep | Need attention | Loyal customers | Loyal customers |
| R 1, 2 | Hibernating | Hibernating | At risk | At risk | Cannot lose them |""",
)
RFM_OVERLAP = TableSpec(
    name="rfm_overlap",
    grain="One row for each segment and RFM segment that have customers in common.",
    columns=(
        Column(SEGMENT_ID, INT, "Segment of this run."),
        Column(RFM_SEGMENT, STRING, "RFM segment."),
        Column("customers", BIGINT, "Customers in both.", suppressible=True),
    ),
    key=(SEGMENT_ID, RFM_SEGMENT),
    checks=(Sum("customers", "rfm_baseline.customers"),),
    published=_WITH_LOG,
)
