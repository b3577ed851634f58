"""Tables of the migration of customers between two runs."""

from segmentation.publish.tables import Column, TableSpec
from segmentation.schemas import BIGINT, DOUBLE, INT, MONEY, SEGMENT_ID, SEGMENT_NAME, STRING

SEGMENT_MIGRATION = TableSpec(
    name="segment_migration",
    grain="One row for each pair of a segment in the run before and a segment in this one that have customers in common.",
    columns=(
        Column("from_segment_id", INT, "Segment in the run before; null for new customers.", nullable=True),
        Column("from_segment_name", STRING, "Its name in the run before.", nullable=True),
        Column(SEGMENT_ID, INT, "Segment in this run; null for those who left: erased, or without a purchase that counts.", nullable=True),
        Column(SEGMENT_NAME, STRING, "Its name in this run.", nullable=True),
        Column("customers", BIGINT, "Customers who went from one to the other.", suppressible=True),
        Column("from_share", DOUBLE, "Share of all who were in that segment, 0 to 1; null for new customers.", nullable=True),
        Column("revenue_net", MONEY, "Their net spend; of those who left, up to the run before. Null without purchases.", nullable=True),
    ),
    key=("from_segment_id", SEGMENT_ID),
    published="after another run",
)
SEGMENT_LINEAGE = TableSpec(
    name="segment_lineage",
    grain="One row for each new segment, and for each old segment that is not continued.",
    columns=(
        Column("event", STRING, "continued, split, merged, born or retired."),
        Column("from_segment_id", INT, "The old segment; null for one that is born.", nullable=True),
        Column("from_segment_name", STRING, "Its name in the run before.", nullable=True),
        Column(SEGMENT_ID, INT, "The new segment; null for one that is retired.", nullable=True),
        Column(SEGMENT_NAME, STRING, "Its name in this run.", nullable=True),
        Column("customers", BIGINT, "Customers in both.", suppressible=True),
        Column("from_share", DOUBLE, "Share of the old segment's customers who are in any now, 0 to 1.", nullable=True),
        Column("to_share", DOUBLE, "Share of the new segment's customers who were in any before, 0 to 1.", nullable=True),
    ),
    published="where a model was fitted after another run",
    notes="[refresh.md](refresh.md#refitting-stable-segment-ids) has the rules by which segments are continued, split, merged, born or "
    "retired.",
)
