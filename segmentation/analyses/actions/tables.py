"""Table of actions."""

from segmentation.publish.tables import Column, RowCount, TableSpec
from segmentation.schemas import INT, MONEY, SEGMENT_ID, SEGMENT_NAME, STRING

SEGMENT_ACTIONS = TableSpec(
    name="segment_actions",
    grain="One row for each segment: what to do about it.",
    columns=(
        Column(SEGMENT_ID, INT, "Segment."),
        Column(SEGMENT_NAME, STRING, "Its name."),
        Column("goal", STRING, "What to achieve."),
        Column("offer", STRING, "With what."),
        Column("channel", STRING, "By which way."),
        Column("timing", STRING, "When."),
        Column("caution", STRING, "What to avoid."),
        Column("reason", STRING, "The figures that justify it."),
        Column("revenue_at_stake", MONEY, "The segment's revenue_net."),
    ),
    key=(SEGMENT_ID,),
    checks=(RowCount("segments"),),
    published="where there is a transaction log: no action follows from attributes alone",
    notes="An action follows from the same two facts as the name: what customers are worth, and how long they have been away.",
)
