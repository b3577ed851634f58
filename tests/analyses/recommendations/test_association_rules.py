"""Association rules, compared with a plain count of the orders."""

from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from pyspark.sql import functions as F

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
from segmentation.analyses.recommendations.purchased_products import INDEX_SCHEMA, PurchasedProduct, product_index
from segmentation.settings import BasketsSettings

SETTINGS = BasketsSettings(min_orders=10, min_support=0.001)
BOUGHT = "customer_id STRING, segment_id INT, order_id STRING, product_id STRING, description STRING"


def _orders_at_random(seed, orders=2_000, products=40):
    """Orders of very different sizes that hold unrelated products."""
    rng = np.random.default_rng(seed)
    popularity = rng.uniform(0.2, 1, products)
    sizes = rng.choice([2, 4, 8, 20], orders, p=[0.4, 0.3, 0.2, 0.1])
    return [set(map(int, rng.choice(products, size, replace=False, p=popularity / popularity.sum()))) for size in sizes]


def _counted(baskets, least=10):
    """Orders that hold each set of one to three products, by counting."""
    counts = Counter(frozenset(items) for basket in baskets for size in (1, 2, 3) for items in combinations(sorted(basket), size))
    return {items: count for items, count in counts.items() if count >= least}


def _segment_orders(baskets):
    """What `orders_by_segment` returns, by counting."""
    classes = [(len(basket) - 1).bit_length() for basket in baskets]
    with_product = {}
    for size, basket in zip(classes, baskets, strict=True):
        for number in basket:
            with_product.setdefault(number, Counter())[size] += 1
    return SegmentOrders(Counter(classes), with_product)


def _equal_sizes(total, **singles):
    """Orders of one size."""
    return SegmentOrders({3: total}, {int(name[1:]): {3: count} for name, count in singles.items()})


def test_frequent_itemsets_are_those_of_a_plain_count(spark):
    baskets = _orders_at_random(2, orders=300, products=25)
    frame = spark.createDataFrame([(1, sorted(basket)) for basket in baskets], "segment_id INT, items ARRAY<INT>").coalesce(2)
    itemsets = frequent_itemsets(frame, _segment_orders(baskets), SETTINGS)
    assert len(itemsets) > 100
    assert itemsets == _counted(baskets)


def test_orders_are_counted_by_size_and_product(spark):
    baskets = _orders_at_random(3, orders=200)
    frame = spark.createDataFrame([(7, sorted(basket)) for basket in baskets], "segment_id INT, items ARRAY<INT>")
    (orders,), expected = orders_by_segment(frame).values(), _segment_orders(baskets)
    with_product = {product: dict(counts) for product, counts in expected.with_product.items()}
    assert (orders.by_class, orders.with_product) == (dict(expected.by_class), with_product)


def test_unrelated_products_of_large_orders_are_expected_together():
    orders = SegmentOrders({0: 900, 4: 100}, {1: {0: 90, 4: 50}, 2: {0: 45, 4: 60}})
    together = 90 * 45 / 900 + 50 * 60 / 100
    assert orders.expected_lift([1], 2) == pytest.approx(together / (140 * 105 / 1_000))


def test_unrelated_products_in_orders_of_all_sizes_make_no_rule():
    alarms = 0
    for seed in range(8):
        baskets = _orders_at_random(seed)
        alarms += bool(rules_from_itemsets(_counted(baskets), _segment_orders(baskets), 40, SETTINGS))
    assert alarms <= 1


def test_a_planted_pair_is_detected_with_its_figures():
    baskets = _orders_at_random(4)
    for basket in baskets[:120]:
        basket.update((38, 39))
    (rule, *rest) = rules_from_itemsets(_counted(baskets), _segment_orders(baskets), 40, SETTINGS)
    both = sum({38, 39} <= basket for basket in baskets)
    first, second = (sum(n in basket for basket in baskets) for n in (*rule.antecedent, rule.consequent))
    assert {*rule.antecedent, rule.consequent} == {38, 39}
    assert (rule.orders, rule.support, rule.confidence) == (both, both / 2_000, both / first)
    assert rule.lift == pytest.approx(both / first / (second / 2_000))
    assert 1 < rule.lift_ci_low < rule.lift
    assert rest == []


def test_a_pair_gives_the_rule_of_the_higher_confidence():
    itemsets = {frozenset([1]): 200, frozenset([2]): 100, frozenset([1, 2]): 90}
    (rule,) = rules_from_itemsets(itemsets, _equal_sizes(2_000, p1=200, p2=100), 10, SETTINGS)
    assert (rule.antecedent, rule.consequent, rule.confidence) == ((2,), 1, 0.9)


def test_two_products_lead_to_a_third_only_where_neither_does_alone():
    alone = {frozenset([n]): 200 for n in (1, 2, 3)} | {frozenset(pair): 150 for pair in ((1, 2), (1, 3), (2, 3))}
    assert all(
        len(rule.antecedent) == 1
        for rule in rules_from_itemsets(alone | {frozenset([1, 2, 3]): 140}, _equal_sizes(5_000, p1=200, p2=200, p3=200), 10, SETTINGS)
    )
    only_both = {frozenset([1]): 1_000, frozenset([2]): 1_000, frozenset([3]): 250}
    only_both |= {frozenset([1, 2]): 220, frozenset([1, 3]): 60, frozenset([2, 3]): 60, frozenset([1, 2, 3]): 55}
    (rule,) = rules_from_itemsets(only_both, _equal_sizes(5_000, p1=1_000, p2=1_000, p3=250), 10, SETTINGS)
    assert len(rule.antecedent) == 2


def test_a_frequent_customer_counts_with_some_orders_only_and_other_products_are_left_out(spark):
    products = [PurchasedProduct("A", None, {}), PurchasedProduct("B", None, {})]
    numbers = spark.createDataFrame([tuple(row[name] for name in INDEX_SCHEMA.names) for row in product_index(products)], INDEX_SCHEMA)
    bought = [("often", 1, f"O{n}", code, None) for n in range(50) for code in "AB"] + [
        ("once", 1, "X", "A", None),
        ("once", 1, "X", "Z", None),
    ]
    baskets = order_baskets(spark.createDataFrame(bought, BOUGHT), numbers, 4)
    assert sorted(map(tuple, baskets.select(F.sort_array("items")).collect())) == [([0],)] + [([0, 1],)] * 4


def test_a_row_has_codes_and_descriptions():
    products = [PurchasedProduct("A", "Äpfel", {}), PurchasedProduct("B", None, {})]
    rule = rules_from_itemsets(
        {frozenset([0]): 100, frozenset([1]): 120, frozenset([0, 1]): 90}, _equal_sizes(2_000, p0=100, p1=120), 2, SETTINGS
    )
    (row,) = association_rules({3: rule}, products, {(3, 1): 12})
    assert (row["antecedent"], row["antecedent_text"], row["consequent"], row["consequent_text"]) == (["A"], "Äpfel", "B", "B")
    assert (row["segment_id"], row["rank"], row["orders"], row["customers"]) == (3, 1, 90, 12)


def test_buyers_of_an_itemset_had_all_of_it_in_one_order(spark):
    orders = [("a", 1, [1, 2, 3]), ("a", 1, [1, 2]), ("b", 1, [1]), ("b", 1, [2]), ("c", 1, [2, 1]), ("d", 2, [1, 2])]
    baskets = spark.createDataFrame(orders, "customer_id STRING, segment_id INT, items ARRAY<INT>")
    rule = AssociationRule((1,), 2, 3, 0.5, 0.5, 1.0, 1.0, 1.0)
    itemsets = rare_itemsets({1: [rule], 2: [replace(rule, antecedent=(1, 2), consequent=3)]}, 3)
    assert buyers_per_itemset(baskets, spark.createDataFrame(itemsets, ITEMSET_SCHEMA)) == {(1, (1, 2)): 2}
    assert rare_itemsets({1: [rule]}, 2) == []
