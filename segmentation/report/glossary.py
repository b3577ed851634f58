"""Glossary of the page: how to read its measures."""

from collections.abc import Sequence

from segmentation.report.report_data import ReportData
from segmentation.report.section import Section

_TERMS = (
    (
        "Index",
        "A segment’s mean as a percentage of the mean of all customers: 100 is average, 250 is two and a half times as much.",
    ),
    (
        "Silhouette",
        "How much closer customers are to their own segment than to the next one, from −1 to 1. Near 1: well apart; near 0: on the "
        "boundary; below 0: nearer to another segment. It uses squared distances, as Spark does, so values are higher than those from"
        " plain distances.",
    ),
    (
        "Stability",
        "Whether a segment appears again when customers are drawn with replacement and clustered again: the share of customers that "
        "the segment and its best match have in common. 1: always the same; 0.75 and more: valid; below 0.6: not to be trusted.",
    ),
    (
        "Permuted features",
        "Each feature is dealt out among customers at random, so that nothing is related. Segments that are no better than those of "
        "such customers show no structure.",
    ),
    (
        "WCSS",
        "Within-cluster sum of squares: the squared distances of customers to the center of their segment, added up. It falls with "
        "every further segment, so only how fast it falls is informative.",
    ),
    (
        "Elbow",
        "The k at which the WCSS curve bends most: the point furthest below the straight line between its ends. Some curves have none.",
    ),
    (
        "Gap statistic",
        "How much tighter the segments are than those of data spread uniformly over the same space, with its standard error. It "
        "chooses the smallest k whose gap is not exceeded, beyond that error, by the next; 1 where customers are better not divided.",
    ),
    (
        "Who they are",
        "At most three conditions that approximate the model, each bound rounded. “Right for” is the share of the customers who meet "
        "them that are in the segment.",
    ),
    (
        "Effect",
        "How far a segment’s mean lies from that of all other customers, in standard deviations; amounts, counts and days by their "
        "logarithm. 0.2 is small, 0.5 medium, 0.8 large, by convention only. Where the interval holds 0, even the direction is "
        "uncertain.",
    ),
    (
        "Near the boundary",
        "Customers for whom the center of another segment is less than a quarter farther than that of their own.",
    ),
    (
        "Spread between initializations",
        "K-means starts at random. The spread is the highest less the lowest silhouette over several initializations; a small one "
        "means that the result does not depend on chance.",
    ),
    (
        "Calinski-Harabasz, Davies-Bouldin",
        "Two second opinions on separation. The first is better when higher, the second when lower.",
    ),
    (
        "Median and percentiles",
        "Half of the customers lie below the median, a tenth below the 10th and nine tenths below the 90th percentile. A mean far "
        "above the median comes from a few very large customers.",
    ),
)
_AFTER = "Permuted features"
"""The term after which those of sections are inserted."""


def glossary(data: ReportData, sections: Sequence[Section]) -> list[tuple[str, str]]:
    """Terms and what they mean: those of every page, those that sections add, and the limits of segments."""
    describe = "what customers did up to" if data.has_purchases else "who customers are on"
    limits = (
        "What segments cannot say",
        f"They describe {describe} the analysis date. They do not say why, nor what a campaign would change; a test with a control group "
        "does.",
    )
    position = [term for term, _ in _TERMS].index(_AFTER) + 1
    added = [term for section in sections for term in section.glossary]
    return [*_TERMS[:position], *added, *_TERMS[position:], limits]
