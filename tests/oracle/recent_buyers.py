"""An analysis as a user would write it, in one module: how many customers of each segment bought within the last week."""

from pyspark.sql import functions as F

from segmentation.analyses.analysis import Analysis, Result
from segmentation.publish.tables import Column, CountSuppression, Sum, TableSpec
from segmentation.schemas import BIGINT, BOOLEAN, DOUBLE, INT, RECENCY_DAYS, SEGMENT_ID

RECENT_BUYERS = TableSpec(
    name="recent_buyers",
    grain="One row for each segment and whether its customers bought within the last week.",
    columns=(
        Column(SEGMENT_ID, INT, "Segment."),
        Column("is_recent", BOOLEAN, "Whether the last purchase is at most a week ago."),
        Column("customers", BIGINT, "Customers.", suppressible=True),
        Column("customer_share", DOUBLE, "Share of the segment, 0 to 1.", suppressible=True),
    ),
    key=(SEGMENT_ID, "is_recent"),
    checks=(Sum("customers", "customers"),),
    suppression=CountSuppression("customers", ("customer_share",), by=(SEGMENT_ID,)),
)


class RecentBuyers(Analysis):
    name = "recent_buyers"
    tables = (RECENT_BUYERS,)

    def is_enabled(self, settings):
        return settings.analyses.get(self.name, {}).get("use", True)

    def compute(self, context, segments):
        days = context.settings.analyses.get(self.name, {}).get("days", 7)
        groups = segments.customers.groupBy(SEGMENT_ID, (F.col(RECENCY_DAYS) <= days).alias("is_recent")).count().collect()
        sizes = dict(zip(segments.segments.ids, segments.segments.sizes, strict=True))
        rows = [
            {
                SEGMENT_ID: row[SEGMENT_ID],
                "is_recent": row.is_recent,
                "customers": row["count"],
                "customer_share": row["count"] / sizes[row[SEGMENT_ID]],
            }
            for row in sorted(groups)
        ]
        return Result({RECENT_BUYERS.name: rows}, facts={"recent": sum(row["customers"] for row in rows if row["is_recent"])})
