"""Table of profiles."""

from segmentation.publish.tables import Column, TableSpec
from segmentation.schemas import DOUBLE, INT, SEGMENT_ID, STRING

SEGMENT_PROFILE = TableSpec(
    name="segment_profile",
    grain="One row for each segment and feature of customer_features.",
    columns=(
        Column(SEGMENT_ID, INT, "Segment."),
        Column("feature", STRING, "Column of customer_features."),
        Column(
            "unit",
            STRING,
            "days, orders, currency, products, categories or share; of attributes number, level (the index of an ordinal one) or share.",
        ),
        Column("mean", DOUBLE, "Mean over the segment's customers that have a value; null where none has.", nullable=True),
        Column(
            "p10",
            DOUBLE,
            "10th percentile, to three significant figures; null with fewer than `privacy.min_group_size` customers on either side.",
            nullable=True,
        ),
        Column("p50", DOUBLE, "Median, likewise.", nullable=True),
        Column("p90", DOUBLE, "90th percentile, likewise.", nullable=True),
        Column(
            "index", DOUBLE, "100 x mean / mean of all customers: 100 is average; null where that average is not above 0.", nullable=True
        ),
        Column(
            "hedges_g",
            DOUBLE,
            "Distance of the segment's customers from all others, in standard deviations (Hedges' g, below).",
            nullable=True,
        ),
        Column("hedges_g_ci_low", DOUBLE, "Lower end of its 95 % interval.", nullable=True),
        Column("hedges_g_ci_high", DOUBLE, "Upper end of its 95 % interval.", nullable=True),
        Column("rank", INT, "1 is the largest effect of the segment in absolute value; null where the interval holds 0.", nullable=True),
    ),
    key=(SEGMENT_ID, "feature"),
    notes="""\
With `privacy.min_group_size: 1`, percentiles are exact and never null. Beyond 10,000 customers a segment they are right to a ten-thousandth of rank.

**Effects** compare shares as they are, all other features as `sign(x) ln(1 + |x|)`, since on their own scale a few large customers would drown any difference. With n customers of the segment
that have a value, m others, means x and y, and the pooled variance `s^2 = ((n - 1) var(x) + (m - 1) var(y)) / (n + m - 2)`: `d = (x - y) / s`, corrected for small samples `g = J d` with
`J = 1 - 3 / (4 (n + m - 2) - 1)` (Hedges 1981), interval `g ± 1.96 J sqrt((n + m) / (n m) + d^2 / (2 (n + m)))` (Hedges and Olkin 1985). By convention 0.2 is small, 0.5 medium, 0.8 large
(Cohen 1988). An effect may point another way than the index, which compares plain means. It is null, without a rank, where either side has fewer than two customers with a value, or where no
customer differs from the others of its side. The interval says what another sample of customers would change; segments are made to differ in the features used, so it is no test of whether
they do.""",
)
