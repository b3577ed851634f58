"""Tables of the history of segments."""

from segmentation.publish.tables import Column, TableSpec
from segmentation.schemas import AS_OF, BIGINT, CUSTOMER_ID, DATE, DOUBLE, INT, MONEY, RUN_ID, SEGMENT_ID, SEGMENT_NAME, STRING

SEGMENT_HISTORY = TableSpec(
    name="segment_history",
    grain="One row for each interval of a customer in a segment, from one run to another. Every published run has the whole history.",
    columns=(
        Column(CUSTOMER_ID, STRING, "The customer."),
        Column(SEGMENT_ID, INT, "The segment."),
        Column(SEGMENT_NAME, STRING, "Its name when the interval began."),
        Column("valid_from", DATE, "`day_described` of the run that first found the customer there."),
        Column("valid_to", DATE, "`day_described` of the run that no longer did; null while the interval lasts.", nullable=True),
        Column(RUN_ID, STRING, "The run of `valid_from`."),
    ),
    key=(CUSTOMER_ID, "valid_from"),
)
SEGMENT_TREND = TableSpec(
    name="segment_trend",
    grain="One row for each segment of each run. Every published run has those of all runs before it.",
    columns=(
        Column(RUN_ID, STRING, "The run."),
        Column(AS_OF, DATE, "The day that it describes."),
        Column("model_run_id", STRING, "The run that fitted its model."),
        Column(SEGMENT_ID, INT, "The segment."),
        Column(SEGMENT_NAME, STRING, "Its name in that run."),
        Column("customers", BIGINT, "As in segment_summary."),
        Column("customer_share", DOUBLE, "As in segment_summary."),
        Column("revenue_net", MONEY, "As in segment_summary; null without purchases.", nullable=True),
        Column("revenue_share", DOUBLE, "As in segment_summary; null without purchases.", nullable=True),
        Column("monetary_net_mean", DOUBLE, "As in segment_summary; null without purchases.", nullable=True),
    ),
    key=(RUN_ID, SEGMENT_ID),
)
