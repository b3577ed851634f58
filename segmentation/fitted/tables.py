"""Tables of customers, which later runs and streams read back."""

from segmentation.publish.tables import Column, RowCount, SameKeys, SegmentSizes, ShareFamily, Sum, TableSpec
from segmentation.schemas import (
    AS_OF,
    BIGINT,
    BREADTH_CATEGORIES,
    BREADTH_PRODUCTS,
    CATEGORY_SHARE_PREFIX,
    CUSTOMER_ID,
    DATE,
    DOUBLE,
    FREQUENCY_ORDERS,
    INT,
    INTERPURCHASE_DAYS_AVG,
    MONETARY_GROSS,
    MONETARY_NET,
    MONEY,
    MONTH_ORDER_SHARE_PREFIX,
    ORDER_VALUE_AVG,
    PURCHASE_DAYS,
    RECENCY_DAYS,
    RETURN_RATE,
    RUN_ID,
    SEGMENT_ID,
    SEGMENT_NAME,
    STRING,
    TENURE_DAYS,
    WEEKEND_ORDER_SHARE,
)

CUSTOMER_FEATURES = TableSpec(
    name="customer_features",
    grain="One row for each customer with at least one purchase; of a customer table alone, for each customer with a row.",
    columns=(
        Column(CUSTOMER_ID, STRING, "Canonical id: `17850.0` and `17850` are one customer. With `privacy.pseudonyms`, the pseudonym."),
        Column(AS_OF, DATE, "The day described; nothing from its midnight on counts."),
        Column(RECENCY_DAYS, INT, "Days from the last purchase to `day_described`.", optional=True),
        Column(TENURE_DAYS, INT, "Days from the first purchase to `day_described`.", optional=True),
        Column(FREQUENCY_ORDERS, BIGINT, "Purchases: orders with a positive net.", optional=True),
        Column(PURCHASE_DAYS, BIGINT, "Distinct days with a purchase.", optional=True),
        Column(MONETARY_GROSS, MONEY, "Spend before returns, over all orders.", optional=True),
        Column(MONETARY_NET, MONEY, "Spend net of returns, over all orders; negative where returns exceed purchases.", optional=True),
        Column(ORDER_VALUE_AVG, DOUBLE, "monetary_net / frequency_orders, in the currency.", optional=True),
        Column(
            INTERPURCHASE_DAYS_AVG,
            DOUBLE,
            "(last purchase - first purchase) / (purchase_days - 1); null with a single purchase day.",
            nullable=True,
            optional=True,
        ),
        Column(
            BREADTH_PRODUCTS,
            BIGINT,
            "Distinct products bought, counted or estimated (below); only where the log has products.",
            optional=True,
        ),
        Column(BREADTH_CATEGORIES, INT, "Distinct categories bought; only where there are categories.", optional=True),
        Column(RETURN_RATE, DOUBLE, "Returned value / gross value, 0 to 1.", optional=True),
        Column(f"{CATEGORY_SHARE_PREFIX}<category>", DOUBLE, "Gross spend in the category / monetary_gross, 0 to 1; `other` is last."),
        Column(WEEKEND_ORDER_SHARE, DOUBLE, "Purchases on Saturdays and Sundays / purchases, 0 to 1.", optional=True),
        Column(
            f"{MONTH_ORDER_SHARE_PREFIX}<month>",
            DOUBLE,
            "Purchases in the month of the year (01 to 12) / purchases; only where `features.preferences.month_order_shares` is used.",
        ),
        Column(
            "<attribute>_missing", INT, "1 where the customer lacks the attribute, else 0; only for attributes that any customer lacks."
        ),
        Column(
            "<attribute>",
            None,
            "A number as in the customer table (DOUBLE); of an ordinal or boolean attribute the index of its level (INT); of a nominal "
            "one, a column `<attribute>_<level>` with 1 for customers of the level, else 0 (INT).",
            nullable=True,
        ),
    ),
    key=(CUSTOMER_ID,),
    checks=(
        RowCount("customers"),
        Sum(MONETARY_NET, "revenue_net"),
        ShareFamily(CATEGORY_SHARE_PREFIX),
        ShareFamily(MONTH_ORDER_SHARE_PREFIX),
        SameKeys("customer_segments"),
    ),
    notes="""\
A **purchase** is an order with a positive net; returns with an order number of their own are orders, but no purchases. Lines of voided pairs count nowhere here. The
manifest's `categories` has the category of each column.

**Attributes.** Those declared `sensitive` and not used are in no table. A missing attribute is null in its columns; customers are compared by the median instead, of a boolean and a nominal
attribute by the most frequent value, as part of the saved model and of `scoring.sql`. The levels of one attribute share a scale, as category shares do, so that an attribute counts once
however many levels it has. A value that cannot be read as the declared type is missing, and counted as unreadable. Texts are compared without regard to case and surrounding blanks.

Customers of the log without a row in the customer table keep their purchases and lack all attributes; rows of customers that the log does not know are counted and left out. Several rows of
a customer that are equal, or of which one fills the other's gaps, count as one; where two contradict each other, the run stops and names the attributes and the number of customers. The
manifest's `attributes` has the counts.

**Estimated products.** In logs of more than `features.exact_products_max_lines` lines, each product sets one of 512 bits of its order, by a hash of its code; the estimate is
`-512 ln(share of bits not set)` (linear counting: Whang, Vander-Zanden and Taylor 1990). Its standard error for n products is `sqrt(512 (e^t - t - 1))` with `t = n / 512`: 3 % up to 500
products, 6 % at 1,500, 11 % at 2,500; where all bits are set the estimate is 3,549. The manifest's `input.distinct_products` has `counted` or `estimated`.""",
)
CUSTOMER_SEGMENTS = TableSpec(
    name="customer_segments",
    grain="One row for each customer of customer_features.",
    columns=(
        Column(CUSTOMER_ID, STRING, "As in customer_features."),
        Column(
            SEGMENT_ID,
            INT,
            "Segment. On a first run 1 has the highest mean net spend (without purchases, the most customers); ids continue on later runs.",
        ),
        Column(SEGMENT_NAME, STRING, "Its name, as in segment_summary."),
        Column("distance", DOUBLE, "Euclidean distance to the segment's center, in the space that customers are compared in."),
        Column("next_segment_id", INT, "The segment with the nearest center among the others."),
        Column("margin", DOUBLE, "(distance to the next - distance to the own) / (sum of both): 0 on the boundary, 1 at the center."),
        Column(AS_OF, DATE, "The day described."),
        Column(RUN_ID, STRING, "The run."),
    ),
    key=(CUSTOMER_ID,),
    checks=(RowCount("customers"), SegmentSizes(SEGMENT_ID)),
)
