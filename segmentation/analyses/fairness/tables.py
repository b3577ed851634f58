"""Table of the fairness audit."""

from segmentation.publish.tables import Column, TableSpec
from segmentation.schemas import BIGINT, BOOLEAN, DOUBLE, INT, STRING

SENSITIVE_ATTRIBUTES = TableSpec(
    name="sensitive_attributes",
    grain="One row for each attribute declared sensitive: how well a customer's segment predicts it.",
    columns=(
        Column("attribute", STRING, "Our name for the attribute."),
        Column("type", STRING, "As declared; a number is counted by quintiles."),
        Column("used", BOOLEAN, "Whether customers are compared by it."),
        Column("customers", BIGINT, "Customers with one of the levels.", nullable=True),
        Column(
            "levels", INT, "Levels; those of fewer than `privacy.min_group_size` customers are merged, or else left out.", nullable=True
        ),
        Column("cramers_v", DOUBLE, "Cramér's V, corrected for bias (Bergsma 2013): 0 nothing to 1 all.", nullable=True),
        Column(
            "effect_w",
            DOUBLE,
            "Cohen's w, V sqrt(min(segments, levels) - 1): 0.1 is small, 0.3 medium, 0.5 large (Cohen 1988).",
            nullable=True,
        ),
        Column("p_value", DOUBLE, "Probability of as much by chance alone: Pearson's chi-squared test.", nullable=True),
        Column("accuracy", DOUBLE, "Share guessed right by the most frequent level of the segment.", nullable=True),
        Column("accuracy_without", DOUBLE, "Share guessed right by the most frequent level of all customers.", nullable=True),
        Column(
            "balanced_accuracy",
            DOUBLE,
            "Share guessed right if all levels weigh alike: by the level that is most over-represented in the segment.",
            nullable=True,
        ),
        Column("balanced_accuracy_without", DOUBLE, "The same without the segment: 1 / levels.", nullable=True),
        Column(
            "goodman_kruskal_lambda",
            DOUBLE,
            "Share of wrong guesses that the segment avoids (Goodman and Kruskal 1954).",
            nullable=True,
        ),
        Column(
            "verdict",
            STRING,
            "`no more than chance` (p 0.05 or more), `a little` (w below 0.3), `some` (below 0.5), `strongly`, `not measured`.",
        ),
        Column(
            "closest_feature",
            STRING,
            "The feature in use that reveals most about it; null where none reveals more than chance.",
            nullable=True,
        ),
        Column("closest_feature_v", DOUBLE, "Cramér's V of that feature, by quintiles.", nullable=True),
    ),
    key=("attribute",),
    published="where attributes are declared `sensitive`",
    notes="""\
The audit measures how far segments stand in for a sensitive attribute, whether customers are compared by it or not
([privacy.md](privacy.md#sensitive-attributes)). Measures are rounded to three decimals, so that no count of single customers can be
derived from them. They are null where there are fewer than two levels of `privacy.min_group_size` customers.""",
)
