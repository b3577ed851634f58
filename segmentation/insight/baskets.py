"""What stands in one order more often than chance would have it, segment by segment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, prod
from typing import Any

from pyspark.ml.fpm import FPGrowth
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.insight.assortment import NUMBER, Product
from segmentation.insight.evidence import error_of_one, lift_of
from segmentation.schemas import CUSTOMER_ID, INT, ORDER_ID, PRODUCT_ID, SEGMENT_ID
from segmentation.settings import BasketsSettings

ITEMS = "items"
MOST_RULES = 50
LARGEST_BASKET = 100
"""An order of more of the products is a stock: in it everything stands beside everything, and mining it takes for ever."""
_LARGEST_SET = 3
_THE_ORDER = -1
"""Stands in each order once, in place of a product."""
_MOST_SETS = 20_000
_PARTITIONS = 1
"""Each further one gets its own copy of most orders, and these are few: segments are mined side by side instead."""


@dataclass(frozen=True)
class Orders:
    """Orders of a segment that are looked at, by class of size: how many, and how many hold each product.

    Orders of 1, 2, 3 to 4, 5 to 8 … products are classes 0, 1, 2, 3 …
    """

    by_class: Mapping[int, int]
    holding: Mapping[int, Mapping[int, int]]
    """By product, then class."""

    @property
    def count(self) -> int:
        """All of them."""
        return sum(self.by_class.values())

    @property
    def most(self) -> int:
        """How many of them hold the product that is in most; 0 where there is none."""
        return max((sum(classes.values()) for classes in self.holding.values()), default=0)

    def chance(self, antecedent: Sequence[int], consequent: int) -> float:
        """The lift that products have which have nothing to do with each other: large orders hold all kinds of things.

        It is what is expected within the classes of size, each by itself, beside what would be over all orders (as in Mantel and
        Haenszel 1959).
        """
        having = self.holding[consequent]
        weights = {size: self._expected(antecedent, size) for size in self.by_class}
        expected = sum(weight * having.get(size, 0) / self.by_class[size] for size, weight in weights.items())
        return expected / sum(weights.values()) * self.count / sum(having.values())

    def _expected(self, products: Sequence[int], size: int) -> float:
        orders = self.by_class[size]
        return orders * prod(self.holding[product].get(size, 0) / orders for product in products)


@dataclass(frozen=True)
class Rule:
    """Who buys the antecedent buys the consequent too; products by number.

    `orders` hold both; `support` is their share of all orders, `confidence` of those with the antecedent; `chance` is the lift that
    unrelated products would have.
    """

    antecedent: tuple[int, ...]
    consequent: int
    orders: int
    support: float
    confidence: float
    lift: float
    lift_low: float
    chance: float

    @property
    def products(self) -> tuple[int, ...]:
        """All of them, by number."""
        return tuple(sorted((*self.antecedent, self.consequent)))


SETS = T.StructType([T.StructField(SEGMENT_ID, INT), T.StructField("products", T.ArrayType(INT, containsNull=False))])
"""Products that stand together in orders of a segment."""


def order_baskets(bought: DataFrame, numbers: DataFrame, settings: BasketsSettings) -> DataFrame:
    """One row an order with products looked at: customer_id, segment_id, items (their numbers).

    Some orders of each customer, chosen by hash.

    Parameters
    ----------
    bought
        As `assortment.bought_lines`.
    numbers
        Number of each product looked at.
    settings
        How many orders of a customer count.
    """
    known = bought.join(F.broadcast(numbers.select(PRODUCT_ID, NUMBER)), PRODUCT_ID, "inner")
    orders = known.groupBy(CUSTOMER_ID, ORDER_ID, SEGMENT_ID).agg(F.collect_set(NUMBER).alias(ITEMS))
    by_hash = Window.partitionBy(CUSTOMER_ID).orderBy(F.xxhash64(ORDER_ID), ORDER_ID)
    some = orders.where(F.size(ITEMS) <= LARGEST_BASKET).withColumn("nth", F.row_number().over(by_hash))
    return some.where(F.col("nth") <= settings.orders_of_a_customer).select(CUSTOMER_ID, SEGMENT_ID, ITEMS)


def orders_of(baskets: DataFrame) -> dict[int, Orders]:
    """Each segment's orders by size, in one look at them."""
    size = F.size(ITEMS)
    size = F.when(size > 1, F.length(F.bin(size - 1))).otherwise(0).alias("size")
    each = baskets.select(SEGMENT_ID, size, F.explode(F.array_append(ITEMS, F.lit(_THE_ORDER))).alias(NUMBER))
    found: dict[int, dict[int, dict[int, int]]] = {}
    for segment, number, size_class, count in sorted(map(tuple, each.groupBy(SEGMENT_ID, NUMBER, "size").count().collect())):
        found.setdefault(segment, {}).setdefault(number, {})[size_class] = count
    return {segment: Orders(counts.pop(_THE_ORDER), counts) for segment, counts in found.items()}


def frequent_sets(baskets: DataFrame, orders: Orders, settings: BasketsSettings) -> dict[frozenset[int], int]:
    """Orders that hold each set of up to three products, by MLlib's FP-growth (Li and others 2008); the most frequent sets.

    Parameters
    ----------
    baskets
        Of one segment.
    orders
        What they look like.
    settings
        How many orders are enough.
    """
    if orders.count < settings.least_orders:
        return {}
    support = max(settings.least_support, settings.least_orders / orders.count)
    # Spark Connect cannot hand over a model that has found nothing.
    if orders.most < support * orders.count:
        return {}
    model = FPGrowth(itemsCol=ITEMS, minSupport=min(1.0, support), numPartitions=_PARTITIONS).fit(baskets)
    few = model.freqItemsets.where(F.size(ITEMS) <= _LARGEST_SET)
    # A part of a set is at least as frequent as the set, and stands before it: what is cut off misses nothing that is kept.
    rows = few.select(F.sort_array(ITEMS).alias(ITEMS), "freq").orderBy(F.desc("freq"), F.size(ITEMS), ITEMS).limit(_MOST_SETS).collect()
    return {frozenset(row[0]): row[1] for row in rows if row[1] >= settings.least_orders}


def basket_rules(sets: Mapping[frozenset[int], int], orders: Orders, products: int, settings: BasketsSettings) -> list[Rule]:
    """The best rules of a segment, by the lower bound of their lift.

    One rule a set, that of the highest confidence; and two products lead to a third only where neither does so alone.

    Parameters
    ----------
    sets
        As `frequent_sets`.
    orders
        What its orders look like.
    products
        How many products were looked at: each combination counts as a comparison.
    settings
        How much evidence is enough.
    """
    errors = {size: error_of_one(size * comb(products, size)) for size in range(2, _LARGEST_SET + 1)}
    rules = [rule for items in sets if len(items) > 1 for rule in _rules_of(items, sets, orders, errors[len(items)])]
    telling = [rule for rule in rules if rule.lift >= settings.least_lift * rule.chance and rule.lift_low > rule.chance]
    alone = {(rule.antecedent[0], rule.consequent): rule for rule in telling if len(rule.antecedent) == 1}
    needed = [rule for rule in telling if len(rule.antecedent) == 1 or not any((a, rule.consequent) in alone for a in rule.antecedent)]
    best = {frozenset((*rule.antecedent, rule.consequent)): rule for rule in sorted(needed, key=_confidence)}
    return sorted(best.values(), key=lambda rule: (-rule.lift_low, rule.antecedent, rule.consequent))[:MOST_RULES]


def _confidence(rule: Rule) -> tuple[float, int]:
    return rule.confidence, -rule.consequent


def _rules_of(items: frozenset[int], sets: Mapping[frozenset[int], int], orders: Orders, error: float) -> Iterable[Rule]:
    both, count = sets[items], orders.count
    for antecedent in combinations(sorted(items), len(items) - 1):
        (consequent,) = items - set(antecedent)
        first, second = sets[frozenset(antecedent)], sets[frozenset([consequent])]
        lift = lift_of(both, first, second, count, error)
        if lift:
            chance = orders.chance(antecedent, consequent)
            yield Rule(antecedent, consequent, both, both / count, both / first, lift.lift, lift.low, chance)


def sets_of(rules: Mapping[int, Sequence[Rule]], orders: int) -> list[dict[str, Any]]:
    """The products of rules that no more than so many orders hold, as rows of `SETS`."""
    return [{SEGMENT_ID: s, "products": list(rule.products)} for s, own in rules.items() for rule in own if rule.orders <= orders]


def buyers_of(baskets: DataFrame, sets: DataFrame) -> dict[tuple[int, tuple[int, ...]], int]:
    """Customers who had all products of a set in one order, by segment and products.

    Parameters
    ----------
    baskets
        As `order_baskets`.
    sets
        As `SETS`.
    """
    held = baskets.join(F.broadcast(sets), SEGMENT_ID, "inner").where(F.size(F.array_except("products", ITEMS)) == 0)
    rows = held.groupBy(SEGMENT_ID, "products").agg(F.count_distinct(CUSTOMER_ID)).collect()
    return {(row[0], tuple(row[1])): row[2] for row in rows}


def segment_baskets(
    rules: Mapping[int, Sequence[Rule]], products: Sequence[Product], reach: Mapping[tuple[int, int], int]
) -> list[dict[str, Any]]:
    """One row per segment and rule, in its order.

    Parameters
    ----------
    rules
        Of each segment.
    products
        By number.
    reach
        By segment and rank: customers that bought the antecedent and never the consequent.
    """
    return [
        {
            SEGMENT_ID: segment,
            "rank": rank,
            "antecedent": [products[number].product_id for number in rule.antecedent],
            "antecedent_text": " + ".join(products[number].name for number in rule.antecedent),
            "consequent": products[rule.consequent].product_id,
            "consequent_text": products[rule.consequent].name,
            "orders": rule.orders,
            "support": rule.support,
            "confidence": rule.confidence,
            "lift": rule.lift,
            "lift_low": rule.lift_low,
            "chance": rule.chance,
            "customers": reach.get((segment, rank), 0),
        }
        for segment, found in rules.items()
        for rank, rule in enumerate(found, start=1)
    ]
