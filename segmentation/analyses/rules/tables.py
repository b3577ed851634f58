"""Tables of rules and examples."""

from segmentation.publish.tables import Column, TableSpec
from segmentation.schemas import BIGINT, DOUBLE, INT, SEGMENT_ID, STRING

SEGMENT_RULES = TableSpec(
    name="segment_rules",
    grain="One row for each segment with customers in the sample that k was chosen on: plain conditions that approximate the model.",
    columns=(
        Column(SEGMENT_ID, INT, "Segment."),
        Column(
            "conditions", STRING, "At most three, as SQL over customer_features: `SELECT * FROM customer_features WHERE ` and this text."
        ),
        Column("precision", DOUBLE, "Share of the customers who meet them that are in the segment.", suppressible=True),
        Column("recall", DOUBLE, "Share of the segment's customers who meet them.", suppressible=True),
        Column("sample_customers", BIGINT, "Customers of the sample who meet them.", suppressible=True),
    ),
    key=(SEGMENT_ID,),
    notes="""\
A segment's conditions are the best leaf (by F1, the harmonic mean of precision and recall) of two decision trees of depth three that separate the segment from the rest, one weighing all customers
alike, one the segment as much as the rest. Bounds are rounded: whole days, orders, products and categories, amounts to two significant figures, shares to whole percents, finer only where
rounding would separate nobody. Conditions that add nothing are dropped before precision and recall are measured. Only features that customers are compared by occur. Where customers without a
value meet a condition, through the median that replaces it, the condition says `OR … IS NULL`.

The manifest's `analyses.rules` has `fidelity`, the share of customers whom one tree for all segments (of `depth` three, four from nine segments on) assigns to the model's own segment, and
`rules_fidelity`, the share for whom the most precise matching rule names it; customers who match no rule count as wrong. Trees learn from at most 5,000 customers of the sample, and everything
is measured on all of it (`customers`), those included: rules this short cannot overfit.""",
)
SEGMENT_EXAMPLES = TableSpec(
    name="segment_examples",
    grain="One row for each segment, rank and feature: typical customers, without ids.",
    columns=(
        Column(SEGMENT_ID, INT, "Segment."),
        Column("rank", INT, "1 is nearest to the segment's center."),
        Column("feature", STRING, "One of those that customers are compared by."),
        Column("unit", STRING, "As in segment_profile."),
        Column(
            "value", DOUBLE, "Mean in the feature's own unit; a missing value is the median that replaces it, one beyond a cap is the cap."
        ),
    ),
    key=(SEGMENT_ID, "rank", "feature"),
    notes="""\
Each rank holds the means of the next `privacy.min_group_size` customers of the sample nearest to the center; customers that would be left over as too few are in the last. With a size of 1 these are
the three nearest customers themselves.""",
)
