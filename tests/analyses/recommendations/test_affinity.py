"""Typical of a segment is what it chooses more often than all customers, on enough evidence."""

import numpy as np
import pandas as pd
import pytest

from segmentation.analyses.recommendations.purchased_products import PurchasedProduct, SegmentBuyers
from segmentation.analyses.recommendations.segment_recommendations import ranked_rows, segment_categories, segment_products
from segmentation.settings import BasketsSettings

SETTINGS = BasketsSettings()
SEGMENTS = {1: SegmentBuyers(300, {}), 2: SegmentBuyers(600, {}), 3: SegmentBuyers(1_100, {})}


def _products(choices):
    """Products from how many customers of each segment chose each: an array of shape (products, segments)."""
    return [PurchasedProduct(f"P{n}", f"Thing {n}", dict(zip(SEGMENTS, map(int, row), strict=True))) for n, row in enumerate(choices)]


def _at_random(seed, products=200, appetite=(0.3, 0.1, 0.05)):
    """Segments that buy much or little, but none with a preference of its own."""
    rng = np.random.default_rng(seed)
    popularity = rng.uniform(0.2, 1.0, products)
    sizes = [segment.customers for segment in SEGMENTS.values()]
    return np.column_stack([rng.binomial(n, popularity * share) for n, share in zip(sizes, appetite, strict=True)])


def test_lift_and_share_are_those_of_a_plain_count():
    choices = _at_random(1)
    rows = pd.DataFrame(segment_products(_products(choices), SEGMENTS, SETTINGS))
    counts = rows.pivot(index="product_id", columns="segment_id", values="customers")
    expected = (counts / counts.sum()).div(counts.sum(axis=1) / counts.to_numpy().sum(), axis=0).stack()
    lifts = rows.set_index(["product_id", "segment_id"])["lift"]
    assert lifts.to_dict() == pytest.approx(expected.to_dict())
    row = rows[(rows["product_id"] == "P7") & (rows["segment_id"] == 2)].iloc[0]
    assert (row["customers"], row["customer_share"]) == (choices[7, 1], choices[7, 1] / 600)


def test_customers_who_buy_at_random_have_no_typical_product():
    tables = [segment_products(_products(_at_random(seed)), SEGMENTS, SETTINGS) for seed in range(40)]
    assert sum(any(row["rank"] for row in rows) for rows in tables) <= 4


def test_a_planted_preference_comes_first():
    choices = _at_random(5)
    choices[17, 1] *= 3
    rows = segment_products(_products(choices), SEGMENTS, SETTINGS)
    assert [row["product_id"] for row in ranked_rows(rows, 2)] == ["P17"]


def test_a_small_number_of_customers_is_no_evidence():
    choices = _at_random(5)
    choices[17] = (0, 19, 0)
    rows = segment_products(_products(choices), SEGMENTS, SETTINGS)
    assert ranked_rows(rows, 2) == []
    choices[17] = (0, 20, 0)
    assert [row["product_id"] for row in ranked_rows(segment_products(_products(choices), SEGMENTS, SETTINGS), 2)] == ["P17"]


def test_a_category_nobody_bought_has_no_lift_and_no_rank():
    segments = {1: SegmentBuyers(100, {"Books": 90, "Toys": 5, "Boats": 0}), 2: SegmentBuyers(100, {"Books": 20, "Toys": 80, "Boats": 0})}
    rows = segment_categories(segments, SETTINGS)
    assert [(row["segment_id"], row["rank"]) for row in rows if row["category"] == "Books"] == [(1, 1), (2, None)]
    assert {(row["customers"], row["lift"], row["rank"]) for row in rows if row["category"] == "Boats"} == {(0, None, None)}


def test_an_empty_segment_has_no_lift():
    rows = segment_categories({1: SegmentBuyers(0, {"Books": 0}), 2: SegmentBuyers(9, {"Books": 5})}, SETTINGS)
    assert [(row["customer_share"], row["lift"], row["rank"]) for row in rows] == [(0.0, None, None), (5 / 9, 1.0, None)]
