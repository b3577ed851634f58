"""The table k_selection: all k that were tried."""

from segmentation.publish.tables import Column, TableSpec
from segmentation.schemas import BOOLEAN, DOUBLE, INT, STRING

K_SELECTION = TableSpec(
    name="k_selection",
    grain="One row for each k tried, on the customers that k was chosen on (all of them up to `clustering.sample_size`).",
    columns=(
        Column("k", INT, "Number of segments."),
        Column("silhouette", DOUBLE, "Mean silhouette over customers, of the initialization with the lowest cost.", nullable=True),
        Column("silhouette_error", DOUBLE, "Standard error of that mean: standard deviation over customers / sqrt(n)."),
        Column("silhouette_spread", DOUBLE, "Highest less lowest silhouette over the initializations."),
        Column("seed_ari", DOUBLE, "Mean adjusted Rand index over all pairs of initializations: 1 where all lead to the same segments."),
        Column(
            "stability", DOUBLE, "Cluster-wise Jaccard stability of the least stable segment (below); null where not known.", nullable=True
        ),
        Column("wcss", DOUBLE, "Within-cluster sum of squares, of the initialization with the lowest cost."),
        Column("calinski_harabasz", DOUBLE, "Higher is better; null where not defined.", nullable=True),
        Column("davies_bouldin", DOUBLE, "Lower is better; null where not defined.", nullable=True),
        Column("gap", DOUBLE, "Gap statistic (below); null where there are as many segments as distinct customers.", nullable=True),
        Column("gap_error", DOUBLE, "Its standard error.", nullable=True),
        Column("min_segment_share", DOUBLE, "Share of customers in the smallest segment.", nullable=True),
        Column(
            "elbow", BOOLEAN, "Whether the WCSS curve bends here: the k farthest below its chord (kneedle); nowhere where it has no knee."
        ),
        Column("eligible", BOOLEAN, "Whether it meets the limits of the settings."),
        Column("chosen", BOOLEAN, "True in one row."),
        Column("reason", STRING, "Why it was chosen or not, in words."),
    ),
    key=("k",),
    notes="""\
**Stability** (Hennig 2007): customers are drawn with replacement `clustering.n_bootstrap` times, at most `clustering.bootstrap_size` of them, and each sample is clustered. A segment's stability is
the mean over the samples of its best Jaccard match, customers in common / customers in either; 0.75 and more is valid, below 0.6 not to be trusted.

**The gap statistic** (Tibshirani, Walther and Hastie 2001) is the mean of `ln WCSS` over `clustering.n_references` reference data sets, less `ln WCSS` of the customers: of
`clustering.bootstrap_size` and at most 1,500 of them, with three initializations, a reference with one. References are uniform over the ranges of the customers' principal components. The error is
their standard deviation times `sqrt(1 + 1 / references)`. It would choose the smallest k whose gap is at least that of k + 1 less its error: the manifest's `choice.gap_k`, null where there is
none, 1 where customers are better not divided (`gap_of_one` is the gap of one segment). It does not enter the choice: on one heap with long tails it says 1, and tiers may be useful all the same.

**The choice.** Not eligible are k below `clustering.k_min`, k with a segment below `clustering.min_segment_share` or of fewer customers than `privacy.min_group_size`, and k whose least stable segment
is below `clustering.min_stability`, unless that leaves none. The score is silhouette times stability. Of all k within one standard error of the best score, the most stable is chosen. (Five
planted types with 10 % of customers of no type, 20 seeds: five are found 19 times; by the silhouette alone, 7 times.)

**Structure.** The manifest's `choice.structure` grades the chosen segments. *No structure*: their silhouette is not three standard deviations above the mean of 19 clusterings of customers whose
features were permuted independently. *Clear clusters*: higher, with every segment valid, and at most half as many customers half-way between neighbouring centers as at the centers (slices of
a fifth of their distance). Else *a continuum cut into useful tiers*. The figures behind the grade are in the manifest, too.""",
)
