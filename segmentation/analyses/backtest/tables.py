"""Tables of the backtest."""

from segmentation.publish.tables import Column, TableSpec
from segmentation.schemas import BIGINT, DOUBLE, INT, STRING

SEGMENTS, RFM, RFM_SCORE, SPEND_DECILES, RANDOM = "segments", "rfm", "rfm_score", "spend_deciles", "random"
BOUND = "gradient_boosting"
"""In the place of a grouping: what can be predicted from the same features at all."""
_PUBLISHED = "where `backtest.cutoff` is set"
_GROUPS = "segments; rfm (the ten RFM segments, with the quintiles of that day); random (as many groups as segments, by hash)."
_GROUPING = (
    "segments; rfm (the ten RFM segments, with the quintiles of that day); rfm_score (the sum of the three scores, cut into as many groups "
    "as segments); spend_deciles (of net spend); random (as many groups as segments, by hash); gradient_boosting (no groups: a prediction "
    "for each customer, below)."
)
_OUTCOME = "repurchase (1 with a purchase, else 0), orders (purchases), spend (net of returns, currency)."

BACKTEST_METRICS = TableSpec(
    name="backtest_metrics",
    grain="One row for each grouping and outcome.",
    columns=(
        Column("grouping", STRING, _GROUPING),
        Column("outcome", STRING, _OUTCOME),
        Column("groups", INT, "Groups that have customers; null for gradient_boosting.", nullable=True),
        Column("customers", BIGINT, "Customers with a purchase before the cutoff."),
        Column("mean", DOUBLE, "Mean of the outcome over these customers.", suppressible=True),
        Column(
            "eta_squared",
            DOUBLE,
            "Share of variance that groups explain: sum of squares between groups / total; null where all did the same.",
            nullable=True,
        ),
        Column(
            "epsilon_squared",
            DOUBLE,
            "The same less what as many groups explain by chance: 1 - (1 - eta_squared) (n - 1) / (n - groups).",
            nullable=True,
        ),
        Column("standard_error", DOUBLE, "Of epsilon_squared, by a delete-a-group jackknife over 50 folds (Kott 2001).", nullable=True),
        Column("segments_ahead", DOUBLE, "epsilon_squared of the segments less that of this row; null for the segments.", nullable=True),
        Column(
            "segments_ahead_error", DOUBLE, "Its standard error, from the same folds; less than twice that is no difference.", nullable=True
        ),
    ),
    key=("grouping", "outcome"),
    published=_PUBLISHED,
    notes="""\
The backtest describes customers as of the cutoff, segments them again, and takes what they did in the `backtest.horizon_days` from then
on as the outcome.

Epsilon squared is about 0, also below, for groups that mean nothing (Kelley 1935; of such corrections the least biased: Okada 2013).
Spend has a heavy tail: a few customers make most of its variance, and no grouping explains much of them.

Rows of `gradient_boosting` have the share that gradient-boosted trees explain (R squared), given the features that customers are
compared by, and cross-validated: each customer is predicted by trees that have not seen them. About 10,000 customers, chosen by hash,
take part. It is the bound that groups can be measured by: what the features know, without the loss of putting customers into groups.
Groups can exceed it where there are too few customers for the trees to learn from.

Orders begun before the cutoff count as they were at its midnight: what was voided later counts as active, and what was returned later
as not returned. An order begun before the cutoff counts whole, with lines that came later; the manifest counts these as
`analyses.backtest.straddling_orders`. Outcomes are taken in the same way from the orders begun within the horizon, as they were at its
end; a return counts in the spend of its own day.

Some knowledge of later days remains: which categories there are, where the log has more than `categories.max_categories`, is chosen on
the whole log, and so is the number of segments. The segments themselves are fitted on customers of the cutoff alone, with their own
scales and quantiles. `breadth_products` is estimated, where it is used. Attributes are of today, and so are left out.""",
)
BACKTEST_SEGMENTS = TableSpec(
    name="backtest_segments",
    grain="One row for each grouping, group and outcome.",
    columns=(
        Column("grouping", STRING, _GROUPS),
        Column("group_id", INT, "From 1; segments by mean net spend as of the cutoff, RFM segments in the order of their rules."),
        Column("group_name", STRING, "Name of the group; segments are named by the usual rules, as of the cutoff."),
        Column("outcome", STRING, _OUTCOME),
        Column("customers", BIGINT, "Customers of the group.", suppressible=True),
        Column("customer_share", DOUBLE, "Share of all customers of the cutoff, 0 to 1.", suppressible=True),
        Column("mean", DOUBLE, "Mean of the outcome.", suppressible=True),
        Column("lift", DOUBLE, "Mean / mean of all customers; null where that is not above 0.", nullable=True),
    ),
    key=("grouping", "group_id", "outcome"),
    published=_PUBLISHED,
)
