"""Recommendations: what each segment buys more often than others, which products go together, and what to recommend to whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.recommendations import next_best_product
from segmentation.analyses.recommendations.association_rules import (
    ITEMSET_SCHEMA,
    AssociationRule,
    SegmentOrders,
    association_rules,
    buyers_per_itemset,
    frequent_itemsets,
    order_baskets,
    orders_by_segment,
    rare_itemsets,
    rules_from_itemsets,
)
from segmentation.analyses.recommendations.purchased_products import (
    INDEX_SCHEMA,
    PurchasedProduct,
    SegmentBuyers,
    buyers_by_segment,
    product_index,
    purchase_lines,
    top_products,
    with_product_bits,
)
from segmentation.analyses.recommendations.section import recommendations_section
from segmentation.analyses.recommendations.segment_recommendations import (
    NONE,
    Affinities,
    segment_categories,
    segment_products,
    segment_recommendations,
)
from segmentation.analyses.recommendations.tables import (
    ASSOCIATION_RULES,
    PRODUCT_RECOMMENDATIONS,
    SEGMENT_CATEGORIES,
    SEGMENT_PRODUCTS,
    SEGMENT_RECOMMENDATIONS,
)
from segmentation.clustering.k_sweep import hashed_sample
from segmentation.context import RunContext, run_concurrently
from segmentation.fitted.segments import FittedSegments
from segmentation.ingest.log import IngestedLog
from segmentation.privacy.cell_suppression import is_below_threshold, suppressed_in_grid
from segmentation.privacy.suppression import with_nulls
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.schemas import CATEGORY, DESCRIPTION, PRODUCT_ID, SEGMENT_ID, Record, Records
from segmentation.settings import BasketsSettings, Settings
from segmentation.storage import small_frame

_NEVER_SUPPRESSED = (SEGMENT_ID, PRODUCT_ID, DESCRIPTION, CATEGORY)


@dataclass(frozen=True)
class ComputedRecommendations:
    """Exact results, before suppression."""

    affinities: Affinities
    # Customers of each segment in the sample.
    customers: Mapping[int, int]
    # By segment and rank of a product: customers who never bought it.
    product_reach: Mapping[tuple[int, int], int]
    product_recommendations: DataFrame


def compute_recommendations(
    context: RunContext, log: IngestedLog, customers: DataFrame, count: int, segments: Sequence[int]
) -> ComputedRecommendations:
    """Affinities and rules from a sample of customers, recommendations for all of them.

    `customers` has `segment_id` and a share of spend for each category; `count` is their number.
    """
    settings = evidence_settings(context)
    sample = hashed_sample(customers, count, settings.sample_size, "baskets", context.settings.clustering.seed)
    purchases = context.cache(purchase_lines(log.accepted_lines, sample))
    products, buyers = _counts(log, sample, purchases, segments, settings)
    index = small_frame(context.spark, product_index(products), INDEX_SCHEMA)
    rules = _rules(context, purchases, index, len(products), segments)
    product_rows = segment_products(products, buyers, settings)
    candidate_rows = [
        next_best_product.segment_candidates(s, rules[s], [row for row in product_rows if row[SEGMENT_ID] == s], products) for s in segments
    ]
    candidates = small_frame(context.spark, candidate_rows, next_best_product.CANDIDATE_SCHEMA)
    all_purchases = purchases if sample is customers else purchase_lines(log.accepted_lines, customers)
    with_bits = with_product_bits(customers, all_purchases, index, len(products))
    matching = context.cache(next_best_product.matching_candidates(with_bits, candidates))
    reach = next_best_product.reach_by_reason(matching, candidate_rows)
    rule_rows = association_rules(rules, products, reach[next_best_product.BASKET])
    return ComputedRecommendations(
        Affinities(list(segments), product_rows, segment_categories(buyers, settings), rule_rows),
        {s: segment.customers for s, segment in buyers.items()},
        reach[next_best_product.SEGMENT],
        next_best_product.product_recommendations(matching, candidates, index, settings.n_suggestions),
    )


def evidence_settings(context: RunContext) -> BasketsSettings:
    """The settings, with no less evidence than the smallest group that may be published."""
    settings, min_group_size = context.settings.baskets, context.settings.privacy.min_group_size
    return settings.model_copy(update={"min_customers": max(settings.min_customers, min_group_size)})


def _counts(
    log: IngestedLog, sample: DataFrame, purchases: DataFrame, segments: Sequence[int], settings: BasketsSettings
) -> tuple[list[PurchasedProduct], dict[int, SegmentBuyers]]:
    # The last category holds what is in no other.
    categories = {category.slug: category.name for category in log.categories[:-1]}
    products, buyers = run_concurrently(
        partial(top_products, purchases, settings.max_products), partial(buyers_by_segment, sample, categories)
    )
    nobody = SegmentBuyers(0, dict.fromkeys(categories.values(), 0))
    # A sample may miss a small segment.
    return products, {s: buyers.get(s, nobody) for s in segments}


def _rules(
    context: RunContext, purchases: DataFrame, index: DataFrame, n_products: int, segments: Sequence[int]
) -> dict[int, list[AssociationRule]]:
    """Rules of each segment, without those whose products fewer customers than may be published had in one order."""
    settings, min_group_size = context.settings.baskets, context.settings.privacy.min_group_size
    baskets = context.cache(order_baskets(purchases, index, settings.max_orders_per_customer))
    orders = orders_by_segment(baskets)

    def rules_of(segment: int) -> list[AssociationRule]:
        own = orders.get(segment, SegmentOrders({}, {}))
        itemsets = frequent_itemsets(baskets.where(F.col(SEGMENT_ID) == segment), own, settings)
        return rules_from_itemsets(itemsets, own, n_products, settings)

    rules = dict(zip(segments, run_concurrently(*(partial(rules_of, segment) for segment in segments)), strict=True))
    # More orders than these cannot all be of a small group.
    rare = rare_itemsets(rules, (min_group_size - 1) * settings.max_orders_per_customer)
    buyers = buyers_per_itemset(baskets, small_frame(context.spark, rare, ITEMSET_SCHEMA)) if rare else {}
    return {s: [rule for rule in own if buyers.get((s, rule.itemset), min_group_size) >= min_group_size] for s, own in rules.items()}


def suppress_affinities(exact: Affinities, customers: Mapping[int, int], min_group_size: int) -> Affinities:
    """Affinities and rules without small groups of customers.

    Customers with all products of a rule are no small group (`compute` leaves out such rules), so that those without its consequent can be
    suppressed row by row.
    """
    if min_group_size == 1:
        return exact
    rules = [with_nulls(row, ["customers"]) if is_below_threshold(row["customers"], min_group_size) else row for row in exact.rules]
    products, categories = (suppress_choices(rows, customers, min_group_size) for rows in (exact.products, exact.categories))
    return replace(exact, products=products, categories=categories, rules=rules)


def suppress_choices(rows: Sequence[Record], customers: Mapping[int, int], min_group_size: int) -> Records:
    """Rows of segment_products or segment_categories without small groups of buyers, or of customers who did not buy.

    A lift reveals the totals of its row and column, so that these count as known. Ranked rows, the most typical ones, are suppressed
    only where no other row will do.

    Each segment must have the same products or categories in the same order.
    """
    if not rows:
        return []
    shape = (len(customers), len(rows) // len(customers))
    buyers = np.array([row["customers"] for row in rows], dtype=np.int64).reshape(shape)
    others = np.array([customers[row[SEGMENT_ID]] for row in rows], dtype=np.int64).reshape(shape) - buyers
    is_ranked = np.array([row["rank"] is not None for row in rows]).reshape(shape)
    suppressed = suppressed_in_grid(buyers, min_group_size, is_below_threshold(others, min_group_size), is_ranked).cells.ravel()
    values = [name for name in rows[0] if name not in _NEVER_SUPPRESSED]
    return [with_nulls(row, values) if cell else dict(row) for row, cell in zip(rows, suppressed, strict=True)]


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
        tables: dict[str, Sequence[Record] | DataFrame] = {
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
