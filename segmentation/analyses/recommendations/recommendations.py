"""Recommendations: what each segment buys more often than others, which products go together, and what to recommend to whom."""

from dataclasses import replace

from pyspark.sql import DataFrame

from segmentation.analyses.analysis import Analysis, Result, Rows
from segmentation.analyses.recommendations.compute import compute_recommendations, evidence_settings
from segmentation.analyses.recommendations.section import recommendations_section
from segmentation.analyses.recommendations.segment_recommendations import NONE, segment_recommendations
from segmentation.analyses.recommendations.suppression import suppress_affinities
from segmentation.analyses.recommendations.tables import (
    ASSOCIATION_RULES,
    PRODUCT_RECOMMENDATIONS,
    SEGMENT_CATEGORIES,
    SEGMENT_PRODUCTS,
    SEGMENT_RECOMMENDATIONS,
)
from segmentation.context import RunContext
from segmentation.fitted.segments import FittedSegments
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.settings import Settings


class Recommendations(Analysis):
    """Affinities, association rules and recommendations, from the purchases of a transaction log with product codes."""

    name = "recommendations"
    tables = (SEGMENT_PRODUCTS, SEGMENT_CATEGORIES, ASSOCIATION_RULES, SEGMENT_RECOMMENDATIONS, PRODUCT_RECOMMENDATIONS)

    def is_enabled(self, settings: Settings) -> bool:
        """Where `baskets.use` is true."""
        return settings.baskets.use

    def compute(self, context: RunContext, segments: FittedSegments) -> Result | None:
        """Two passes over the log's lines; nothing without a log."""
        log = segments.source.log
        if log is None:
            return None
        computed = compute_recommendations(context, log, segments.customers, segments.count, segments.segments.ids)
        exact = computed.affinities
        # Recommendations quote published figures, and suppressing a large grid takes seconds: it is done once, here.
        published = suppress_affinities(exact, computed.customers, segments.min_group_size)
        recommendations = segment_recommendations(replace(published, rules=exact.rules), computed.product_reach, evidence_settings(context))
        counts = {
            "products": len(exact.products) // len(exact.segments),
            "rules": len(exact.rules),
            "recommendations": sum(row["kind"] != NONE for row in recommendations),
        }
        tables: dict[str, Rows | DataFrame] = {
            SEGMENT_PRODUCTS.name: exact.products,
            SEGMENT_CATEGORIES.name: exact.categories,
            ASSOCIATION_RULES.name: exact.rules,
            SEGMENT_RECOMMENDATIONS.name: recommendations,
            PRODUCT_RECOMMENDATIONS.name: computed.product_recommendations,
        }
        return Result(tables, counts=counts, details=published)

    def suppress(self, result: Result, min_group_size: int) -> Result:
        """Suppress small groups of buyers, and of customers who did not buy."""
        published = result.details
        return result.with_tables(
            **{
                SEGMENT_PRODUCTS.name: published.products,
                SEGMENT_CATEGORIES.name: published.categories,
                ASSOCIATION_RULES.name: published.rules,
            }
        )

    def section(self, result: Result, data: ReportData) -> Section:
        """The first association rules of each segment, and recommendations on the cards of the segments."""
        return recommendations_section(data)
