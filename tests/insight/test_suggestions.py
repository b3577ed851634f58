"""Suggestions follow from a customer's own past, and never repeat it."""

from segmentation.insight.assortment import NUMBERS, Product, numbered, with_bought_products
from segmentation.insight.baskets import Rule
from segmentation.insight.suggestions import CANDIDATES, candidates, next_products, reach_of, with_fitting

PRODUCTS = [Product(f"P{n}", f"Thing {n}", {}) for n in range(130)]
RULES = [
    Rule((63,), 64, 50, 0.1, 0.8, 4.0, 3.0, 1.0),
    Rule((1, 2), 64, 40, 0.1, 0.6, 4.0, 3.0, 1.0),
    Rule((1, 2), 129, 40, 0.1, 0.5, 4.0, 3.0, 1.0),
]
TYPICAL = [{"product_id": f"P{n}", "rank": rank, "customers": 9, "customer_share": 0.3} for n, rank in ((5, None), (64, 2), (63, 1))]

SUGGESTED = candidates(1, RULES, TYPICAL, PRODUCTS)


def _fitting(spark, past):
    numbers = spark.createDataFrame([tuple(row[name] for name in NUMBERS.names) for row in numbered(PRODUCTS)], NUMBERS)
    customers = spark.createDataFrame([(name, 1) for name in past], "customer_id STRING, segment_id INT")
    bought = [(name, f"P{n}") for name, numbers_of in past.items() for n in numbers_of]
    lines = spark.createDataFrame(bought, "customer_id STRING, product_id STRING")
    suggested = spark.createDataFrame([tuple(SUGGESTED.values())], CANDIDATES)
    return with_fitting(with_bought_products(customers, lines, numbers, len(PRODUCTS)), suggested), suggested, numbers


def test_suggestions_go_with_the_past_then_with_the_segment_and_come_once(spark):
    fitting, suggested, numbers = _fitting(
        spark, {"both": [1, 2], "sixty-three": [63], "one of two": [1], "nothing known": [], "all": [63, 64, 5, 129]}
    )
    rows = next_products(fitting, suggested, numbers, 3).collect()
    found = {}
    for row in sorted(rows, key=lambda row: row.place):
        found.setdefault(row.customer_id, []).append((row.product_id, row.because, row.antecedent, row.score))
    typical = [("P63", "segment", [], 0.3), ("P64", "segment", [], 0.3), ("P5", "segment", [], 0.3)]
    assert found == {
        "both": [("P64", "basket", ["P1", "P2"], 0.6), ("P129", "basket", ["P1", "P2"], 0.5), typical[0]],
        "sixty-three": [("P64", "basket", ["P63"], 0.8), typical[2]],
        "one of two": typical,
        "nothing known": typical,
    }
    assert {row.description for row in rows if row.product_id == "P64"} == {"Thing 64"}


def test_reach_counts_those_with_the_antecedent_and_without_the_product(spark):
    fitting, *_ = _fitting(spark, {"a": [1, 2], "b": [1, 2, 64], "c": [63], "d": []})
    assert reach_of(fitting, [SUGGESTED]) == {
        "basket": {(1, 1): 1, (1, 2): 1, (1, 3): 2},
        "segment": {(1, 1): 3, (1, 2): 3, (1, 3): 4},
    }
