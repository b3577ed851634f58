"""Association rules of each segment: products that one order holds together more often than unrelated products would be."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, prod
from typing import Any, NamedTuple

from pyspark.ml.fpm import FPGrowth
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T
from scipy.special import betaincinv

from segmentation.analyses.recommendations.purchased_products import PRODUCT_INDEX, PurchasedProduct
from segmentation.schemas import CUSTOMER_ID, INT, ORDER_ID, PRODUCT_ID, SEGMENT_ID
from segmentation.settings import BasketsSettings

FAMILY_WISE_ERROR = 0.05
"""Probability that data without any effect gives at least one false finding."""
ITEMS = "items"
MAX_RULES = 50
MAX_BASKET_SIZE = 100
"""Larger orders restock a shop: they hold everything with everything, and mining them does not end."""
_MAX_ITEMSET_SIZE = 3
_MAX_ITEMSETS = 20_000
_PARTITIONS = 1
"""FP-growth copies most orders into each partition. Orders are few here, so segments are mined concurrently instead."""
_WHOLE_ORDER = -1
"""Stands in each order once, in place of a product, to count orders."""
ITEMSET_SCHEMA = T.StructType([T.StructField(SEGMENT_ID, INT), T.StructField("products", T.ArrayType(INT, containsNull=False))])


class Lift(NamedTuple):
    """A share / the share of all: 1 is as often as in all; `ci_low` is its lower confidence bound."""

    lift: float
    ci_low: float


def bonferroni_alpha(n_comparisons: int) -> float:
    """Error level of each of so many comparisons, so that all of them together stay below FAMILY_WISE_ERROR."""
    return FAMILY_WISE_ERROR / max(1, n_comparisons)


def lift_of(hits: int, size: int, all_hits: int, all_size: int, alpha: float) -> Lift | None:
    """Share of hits in a group / share of hits in all, the group included; None where the group is empty or nobody has a hit.

    The lift is also the group's share of all hits / its share of all. Its bound is the exact bound of the first of these shares (Clopper
    and Pearson 1934), which also holds where hits are few or all of them are the group's: three hits of three are weaker evidence than
    thirty of forty.

    `alpha` is the probability that the bound lies above the true lift.
    """
    if not size or not all_hits:
        return None
    size_share = size / all_size
    low = float(betaincinv(hits, all_hits - hits + 1, alpha)) if hits else 0.0
    return Lift(hits / all_hits / size_share, low / size_share)


@dataclass(frozen=True)
class SegmentOrders:
    """Orders of a segment by class of size, in all and by product; orders of 1, 2, 3-4, 5-8, ... products are classes 0, 1, 2, 3, ..."""

    by_class: Mapping[int, int]
    with_product: Mapping[int, Mapping[int, int]]
    """By index of the product, then class."""

    @property
    def total(self) -> int:
        """All orders."""
        return sum(self.by_class.values())

    @property
    def max_with_one_product(self) -> int:
        """Orders with the most frequent product; 0 where there is none."""
        return max((sum(classes.values()) for classes in self.with_product.values()), default=0)

    def expected_lift(self, antecedent: Sequence[int], consequent: int) -> float:
        """The lift of unrelated products, which is above 1 because large orders hold all kinds of things.

        Joint orders expected within each class of size / those expected over all orders at once (as in Mantel and Haenszel 1959).
        """
        consequents = self.with_product[consequent]
        antecedents = {size: self._expected_orders(antecedent, size) for size in self.by_class}
        joint = sum(expected * consequents.get(size, 0) / self.by_class[size] for size, expected in antecedents.items())
        return joint / sum(antecedents.values()) * self.total / sum(consequents.values())

    def _expected_orders(self, products: Sequence[int], size: int) -> float:
        orders = self.by_class[size]
        return orders * prod(self.with_product[product].get(size, 0) / orders for product in products)


@dataclass(frozen=True)
class AssociationRule:
    """Orders with the antecedent also hold the consequent; products by index, shares of the segment's orders."""

    antecedent: tuple[int, ...]
    consequent: int
    orders: int
    support: float
    confidence: float
    lift: float
    lift_ci_low: float
    expected_lift: float

    @property
    def itemset(self) -> tuple[int, ...]:
        """All products of the rule."""
        return tuple(sorted((*self.antecedent, self.consequent)))


def order_baskets(purchases: DataFrame, index: DataFrame, max_orders_per_customer: int) -> DataFrame:
    """Baskets of indexed products: customer_id, segment_id, items; of each customer at most so many orders, chosen by hash."""
    indexed = purchases.join(F.broadcast(index.select(PRODUCT_ID, PRODUCT_INDEX)), PRODUCT_ID, "inner")
    orders = indexed.groupBy(CUSTOMER_ID, ORDER_ID, SEGMENT_ID).agg(F.collect_set(PRODUCT_INDEX).alias(ITEMS))
    by_hash = Window.partitionBy(CUSTOMER_ID).orderBy(F.xxhash64(ORDER_ID), ORDER_ID)
    numbered = orders.where(F.size(ITEMS) <= MAX_BASKET_SIZE).withColumn("order_number", F.row_number().over(by_hash))
    return numbered.where(F.col("order_number") <= max_orders_per_customer).select(CUSTOMER_ID, SEGMENT_ID, ITEMS)


def orders_by_segment(baskets: DataFrame) -> dict[int, SegmentOrders]:
    """Order counts of each segment, from one query."""
    size = F.size(ITEMS)
    size_class = F.when(size > 1, F.length(F.bin(size - 1))).otherwise(0).alias("size_class")
    items = baskets.select(SEGMENT_ID, size_class, F.explode(F.array_append(ITEMS, F.lit(_WHOLE_ORDER))).alias(PRODUCT_INDEX))
    counts: dict[int, dict[int, dict[int, int]]] = {}
    for segment, product, size_number, count in sorted(
        map(tuple, items.groupBy(SEGMENT_ID, PRODUCT_INDEX, "size_class").count().collect())
    ):
        counts.setdefault(segment, {}).setdefault(product, {})[size_number] = count
    return {segment: SegmentOrders(products.pop(_WHOLE_ORDER), products) for segment, products in counts.items()}


def frequent_itemsets(baskets: DataFrame, orders: SegmentOrders, settings: BasketsSettings) -> dict[frozenset[int], int]:
    """Orders with each frequent set of up to three products, by MLlib's FP-growth (Li and others 2008)."""
    if orders.total < settings.min_orders:
        return {}
    support = max(settings.min_support, settings.min_orders / orders.total)
    # Spark Connect cannot return a model without itemsets.
    if orders.max_with_one_product < support * orders.total:
        return {}
    model = FPGrowth(itemsCol=ITEMS, minSupport=min(1.0, support), numPartitions=_PARTITIONS).fit(baskets)
    small = model.freqItemsets.where(F.size(ITEMS) <= _MAX_ITEMSET_SIZE).select(F.sort_array(ITEMS).alias(ITEMS), "freq")
    # A subset is at least as frequent as its set and comes first, so that the limit never separates them.
    rows = small.orderBy(F.desc("freq"), F.size(ITEMS), ITEMS).limit(_MAX_ITEMSETS).collect()
    return {frozenset(row[0]): row[1] for row in rows if row[1] >= settings.min_orders}


def rules_from_itemsets(
    itemsets: Mapping[frozenset[int], int], orders: SegmentOrders, n_products: int, settings: BasketsSettings
) -> list[AssociationRule]:
    """The best rules of a segment, by the lower bound of their lift.

    One rule per itemset, the one of the highest confidence. Two products lead to a third only where neither does so alone.

    Each combination of the `n_products` indexed products counts as a comparison.
    """
    alphas = {size: bonferroni_alpha(size * comb(n_products, size)) for size in range(2, _MAX_ITEMSET_SIZE + 1)}
    rules = [rule for items in itemsets if len(items) > 1 for rule in _rules_of(items, itemsets, orders, alphas[len(items)])]
    significant = [r for r in rules if r.lift >= settings.min_lift * r.expected_lift and r.lift_ci_low > r.expected_lift]
    pairs = {(rule.antecedent[0], rule.consequent) for rule in significant if len(rule.antecedent) == 1}
    needed = [r for r in significant if len(r.antecedent) == 1 or not any((a, r.consequent) in pairs for a in r.antecedent)]
    best = {rule.itemset: rule for rule in sorted(needed, key=lambda rule: (rule.confidence, -rule.consequent))}
    return sorted(best.values(), key=lambda rule: (-rule.lift_ci_low, rule.antecedent, rule.consequent))[:MAX_RULES]


def _rules_of(
    items: frozenset[int], itemsets: Mapping[frozenset[int], int], orders: SegmentOrders, alpha: float
) -> Iterable[AssociationRule]:
    joint, total = itemsets[items], orders.total
    for antecedent in combinations(sorted(items), len(items) - 1):
        (consequent,) = items - set(antecedent)
        n_antecedent, n_consequent = itemsets[frozenset(antecedent)], itemsets[frozenset([consequent])]
        lift = lift_of(joint, n_antecedent, n_consequent, total, alpha)
        if lift:
            expected = orders.expected_lift(antecedent, consequent)
            yield AssociationRule(antecedent, consequent, joint, joint / total, joint / n_antecedent, *lift, expected)


def rare_itemsets(rules: Mapping[int, Sequence[AssociationRule]], max_orders: int) -> list[dict[str, Any]]:
    """The products of rules that at most so many orders hold, as rows of ITEMSET_SCHEMA."""
    return [
        {SEGMENT_ID: segment, "products": list(rule.itemset)} for segment, own in rules.items() for rule in own if rule.orders <= max_orders
    ]


def buyers_per_itemset(baskets: DataFrame, itemsets: DataFrame) -> dict[tuple[int, tuple[int, ...]], int]:
    """Customers with all products of an itemset in one order, by segment and products."""
    joined = baskets.join(F.broadcast(itemsets), SEGMENT_ID, "inner").where(F.size(F.array_except("products", ITEMS)) == 0)
    rows = joined.groupBy(SEGMENT_ID, "products").agg(F.count_distinct(CUSTOMER_ID)).collect()
    return {(row[0], tuple(row[1])): row[2] for row in rows}


def association_rules(
    rules: Mapping[int, Sequence[AssociationRule]], products: Sequence[PurchasedProduct], reach: Mapping[tuple[int, int], int]
) -> list[dict[str, Any]]:
    """One row per segment and rule, in the order given.

    `reach` has, by segment and rank, the customers who bought the antecedent and never the consequent.
    """
    return [
        {
            SEGMENT_ID: segment,
            "rank": rank,
            "antecedent": [products[index].product_id for index in rule.antecedent],
            "antecedent_text": " + ".join(products[index].label for index in rule.antecedent),
            "consequent": products[rule.consequent].product_id,
            "consequent_text": products[rule.consequent].label,
            "orders": rule.orders,
            "support": rule.support,
            "confidence": rule.confidence,
            "lift": rule.lift,
            "lift_ci_low": rule.lift_ci_low,
            "expected_lift": rule.expected_lift,
            "customers": reach.get((segment, rank), 0),
        }
        for segment, own in rules.items()
        for rank, rule in enumerate(own, start=1)
    ]
