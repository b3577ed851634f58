"""Computation of the recommendations analysis: affinities, association rules and recommendations from a log's purchases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.analyses.recommendations import next_best_product
from segmentation.analyses.recommendations.affinity import segment_categories, segment_products
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
from segmentation.analyses.recommendations.segment_recommendations import Affinities
from segmentation.clustering.k_sweep import hashed_sample
from segmentation.context import RunContext, run_concurrently
from segmentation.ingest.log import IngestedLog
from segmentation.schemas import SEGMENT_ID
from segmentation.settings import BasketsSettings
from segmentation.storage import small_frame


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
