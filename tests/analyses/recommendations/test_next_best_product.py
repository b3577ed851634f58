"""Recommendations follow from a customer's own purchases, and never repeat them."""

from segmentation.analyses.recommendations.association_rules import AssociationRule
from segmentation.analyses.recommendations.next_best_product import (
    CANDIDATE_SCHEMA,
    matching_candidates,
    product_recommendations,
    reach_by_reason,
    segment_candidates,
)
from segmentation.analyses.recommendations.purchased_products import INDEX_SCHEMA, PurchasedProduct, product_index, with_product_bits

PRODUCTS = [PurchasedProduct(f"P{n}", f"Thing {n}", {}) for n in range(130)]
RULES = [
    AssociationRule((63,), 64, 50, 0.1, 0.8, 4.0, 3.0, 1.0),
    AssociationRule((1, 2), 64, 40, 0.1, 0.6, 4.0, 3.0, 1.0),
    AssociationRule((1, 2), 129, 40, 0.1, 0.5, 4.0, 3.0, 1.0),
]
TYPICAL = [{"product_id": f"P{n}", "rank": rank, "customers": 9, "customer_share": 0.3} for n, rank in ((5, None), (64, 2), (63, 1))]

CANDIDATES = segment_candidates(1, RULES, TYPICAL, PRODUCTS)


def _matching(spark, past):
    index = spark.createDataFrame([tuple(row[name] for name in INDEX_SCHEMA.names) for row in product_index(PRODUCTS)], INDEX_SCHEMA)
    customers = spark.createDataFrame([(name, 1) for name in past], "customer_id STRING, segment_id INT")
    bought = [(name, f"P{n}") for name, purchased in past.items() for n in purchased]
    lines = spark.createDataFrame(bought, "customer_id STRING, product_id STRING")
    candidates = spark.createDataFrame([tuple(CANDIDATES.values())], CANDIDATE_SCHEMA)
    return matching_candidates(with_product_bits(customers, lines, index, len(PRODUCTS)), candidates), candidates, index


def test_rules_come_before_typical_products_and_no_product_twice(spark):
    matching, candidates, index = _matching(
        spark, {"both": [1, 2], "sixty-three": [63], "one of two": [1], "nothing known": [], "all": [63, 64, 5, 129]}
    )
    rows = product_recommendations(matching, candidates, index, 3).collect()
    by_customer = {}
    for row in sorted(rows, key=lambda row: row.rank):
        by_customer.setdefault(row.customer_id, []).append((row.product_id, row.reason, row.antecedent, row.score))
    typical = [("P63", "segment", [], 0.3), ("P64", "segment", [], 0.3), ("P5", "segment", [], 0.3)]
    assert by_customer == {
        "both": [("P64", "basket", ["P1", "P2"], 0.6), ("P129", "basket", ["P1", "P2"], 0.5), typical[0]],
        "sixty-three": [("P64", "basket", ["P63"], 0.8), typical[2]],
        "one of two": typical,
        "nothing known": typical,
    }
    assert {row.description for row in rows if row.product_id == "P64"} == {"Thing 64"}


def test_reach_counts_those_with_the_antecedent_and_without_the_product(spark):
    matching, *_ = _matching(spark, {"a": [1, 2], "b": [1, 2, 64], "c": [63], "d": []})
    assert reach_by_reason(matching, [CANDIDATES]) == {
        "basket": {(1, 1): 1, (1, 2): 1, (1, 3): 2},
        "segment": {(1, 1): 3, (1, 2): 3, (1, 3): 4},
    }
