"""Each segment gets three recommendations, or fewer and the reason."""

from segmentation.analyses.recommendations.segment_recommendations import Affinities, segment_recommendations
from segmentation.settings import BasketsSettings

FIGURES = {"segment_id": 1, "customers": 40, "customer_share": 0.25, "lift": 2.5, "lift_ci_low": 1.5}
PRODUCTS = [
    FIGURES | {"product_id": code, "description": name, "rank": rank}
    for code, name, rank in (("M", "Mug", 1), ("J", None, 2), ("X", "x", None))
]
CATEGORIES = [FIGURES | {"category": "Kitchen", "rank": 1}, FIGURES | {"category": "Bath", "rank": None}]
BASKET = {
    "segment_id": 1,
    "antecedent": ["C"],
    "antecedent_text": "Cup",
    "consequent_text": "Saucer",
    "consequent": "S",
    "confidence": 0.5,
    "lift": 12.34,
}
RULES = [
    BASKET | {"rank": 1, "customers": 30, "confidence": 0.1},
    BASKET | {"rank": 2, "customers": 20, "consequent": "M", "consequent_text": "Mug"},
]
REACH = {(1, 1): 120, (1, 2): 21}


def _made(segments=(1,), products=PRODUCTS, categories=CATEGORIES, rules=RULES, **settings):
    return segment_recommendations(Affinities(segments, products, categories, rules), REACH, BasketsSettings(**settings))


def test_a_basket_a_product_and_a_category_come_first_and_no_product_twice():
    rows = _made()
    assert [(row["rank"], row["kind"], row["product_id"], row["category"]) for row in rows] == [
        (1, "basket", "M", None),
        (2, "category", None, "Kitchen"),
        (3, "basket", "S", None),
    ]
    assert rows[0]["recommendation"] == (
        "Show “Mug” to the 20 customers who bought “Cup” but never this: "
        "50% of the orders with the one hold the other, 12 times its share of all the segment’s orders"
    )


def test_products_are_recommended_by_description_to_customers_without_them():
    rows = _made(rules=(), categories=())
    assert [(row["kind"], row["customers"], row["share"], row["lift"]) for row in rows[:2]] == [
        ("product", 120, 0.25, 2.5),
        ("product", 21, 0.25, 2.5),
    ]
    assert rows[0]["recommendation"].startswith("Feature “Mug” for the 120 customers without it: 25% of the segment bought it")
    assert rows[1]["recommendation"].startswith("Feature “J” for the 21 customers without it")


def test_fewer_recommendations_come_with_the_reason():
    rows = _made(segments=(1, 2), rules=(), categories=())
    assert [(row["segment_id"], row["rank"], row["kind"]) for row in rows] == [
        (1, 1, "product"),
        (1, 2, "product"),
        (1, 3, "none"),
        (2, 1, "none"),
    ]
    assert rows[3]["recommendation"] == (
        "Nothing to recommend on enough evidence: a product or category needs 20 of its customers, a basket 30 of its orders, "
        "and each to be 1.2 times as frequent as expected, and surely more than chance"
    )


def test_what_is_for_a_handful_of_customers_only_is_not_recommended():
    rows = _made(rules=[BASKET | {"rank": 1, "customers": 19}], categories=(), products=PRODUCTS[1:], min_customers=22)
    assert [row["kind"] for row in rows] == ["none"]
