"""The table of segments as a whole."""

from segmentation.publish.tables import Column, RowCount, Sum, TableSpec
from segmentation.schemas import (
    AS_OF,
    BIGINT,
    DATE,
    DOUBLE,
    INT,
    MONEY,
    RUN_ID,
    SEGMENT_ID,
    SEGMENT_NAME,
    STRING,
)

SEGMENT_SUMMARY = TableSpec(
    name="segment_summary",
    grain="One row for each segment.",
    columns=(
        Column(SEGMENT_ID, INT, "Segment."),
        Column("customers", BIGINT, "Its customers."),
        Column("customer_share", DOUBLE, "Share of all segmented customers, 0 to 1."),
        Column("revenue_net", MONEY, "Sum of monetary_net; absent without purchases.", optional=True),
        Column(
            "revenue_share",
            DOUBLE,
            "Share of all segmented customers' revenue; null where that is 0; absent without purchases.",
            nullable=True,
            optional=True,
        ),
        Column("silhouette", DOUBLE, "Mean silhouette of its customers, -1 to 1, by squared Euclidean distances as in Spark."),
        Column("silhouette_p10", DOUBLE, "10th percentile of its customers' silhouettes.", suppressible=True),
        Column("silhouette_p50", DOUBLE, "Median of its customers' silhouettes.", suppressible=True),
        Column("silhouette_p90", DOUBLE, "90th percentile of its customers' silhouettes.", suppressible=True),
        Column("silhouette_below_0_share", DOUBLE, "Share of its customers with a negative silhouette.", suppressible=True),
        Column(
            "border_customers",
            BIGINT,
            "Customers near the boundary: their margin is below 0.1, so another center is less than 1.22 times as far.",
            suppressible=True,
        ),
        Column("border_share", DOUBLE, "Their share of the segment.", suppressible=True),
        Column(
            "<feature>_mean",
            DOUBLE,
            "Mean of a main feature or an attribute; null where no customer of the segment has a value.",
            nullable=True,
        ),
        Column("<feature>_median", DOUBLE, "Its median.", nullable=True),
        Column(AS_OF, DATE, "The day described."),
        Column(RUN_ID, STRING, "The run."),
        Column(SEGMENT_NAME, STRING, "Name, unique in the run; the rules are below."),
        Column("action", STRING, "What to do about the segment, in one line; absent without purchases.", optional=True),
        Column(
            "stability",
            DOUBLE,
            "Mean Jaccard similarity of the segment over bootstrap samples, 0 to 1 (see k_selection); null where not known.",
            nullable=True,
        ),
    ),
    key=(SEGMENT_ID,),
    checks=(RowCount("segments"), Sum("customers", "customers"), Sum("customer_share", 1.0), Sum("revenue_share", 1.0)),
    notes="""\
Main features are recency_days, frequency_orders, monetary_net, order_value_avg, tenure_days, breadth_products, breadth_categories and return_rate.

**Names** follow from what a segment is worth and how long its customers have been away, never from its number. A segment is *high* in net spend (or in days since the last purchase) where its
median lies in the upper third of all customers by their segments' medians and its index is 120 or more, *low* in the lower third with an index of 83 or less, else in the middle.

| | recent | in between | long away |
| --- | --- | --- | --- |
| high spend | Best customers | Big spenders | Lapsing big spenders |
| in between | Active regulars | Regulars | Lapsing regulars |
| low spend | Recent occasional buyers | Occasional buyers | Lapsed occasional buyers |

Segments that would get the same name are distinguished by the first of these that applies: a favourite category (a quarter of the spend and an index of 150), one order, many returns, large or
small orders, new or long-standing, many or few categories, weekends; finally by spend per customer. `report.segment_names` replaces these names by your own.

Of a **customer table alone**, names come from the two most distinctive attributes: the segment's mean is half a standard deviation or more above that of all customers ("High annual income"),
below it ("Low annual income"), or most of its customers (60 %) have a level ("Mostly Female"; from 95 % on "Female"). Without any: "Close to average". Segments with equal names are
distinguished by the next attribute, finally by size.""",
)
