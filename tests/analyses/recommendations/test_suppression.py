"""Suppression in segment_products and segment_categories."""

from types import SimpleNamespace

import pytest

from segmentation.analyses.recommendations.recommendations import evidence_settings, suppress_choices
from segmentation.settings import BasketsSettings, PrivacySettings

VALUES = ("customers", "customer_share", "lift", "lift_ci_low", "rank")


def suppressed(counts, ranks=None):
    """Rows of these buyers, a list by product for each segment of 200 customers."""
    rows = [
        {"segment_id": s, "product_id": f"p{n}", "description": "mug"}
        | dict(zip(VALUES, (count, 0.1, 1.0, 0.9, (ranks or {}).get((s, n))), strict=True))
        for s, line in enumerate(counts, start=1)
        for n, count in enumerate(line)
    ]
    return suppress_choices(rows, dict.fromkeys(range(1, len(counts) + 1), 200), 10)


def nulls(rows):
    return {(row["segment_id"], row["product_id"]) for row in rows if row["customers"] is None}


def test_all_values_of_a_small_group_of_buyers_are_suppressed():
    rows = suppressed([[3, 40, 60], [80, 15, 70], [90, 50, 100]])
    assert nulls(rows) == {(1, "p0"), (1, "p1"), (2, "p0"), (2, "p1")}
    assert rows[0] == {"segment_id": 1, "product_id": "p0", "description": "mug"} | dict.fromkeys(VALUES)


def test_a_small_group_of_customers_who_did_not_buy_is_suppressed():
    rows = suppressed([[196, 40, 60], [80, 45, 70], [90, 50, 100]])
    assert (1, "p0") in nulls(rows)
    assert len(nulls(rows)) == 4


@pytest.mark.parametrize(("ranks", "is_suppressed"), [({}, True), ({(1, 1): 1}, False)])
def test_ranked_rows_are_suppressed_last(ranks, is_suppressed):
    rows = suppressed([[3, 40, 60], [80, 45, 70], [90, 50, 100]], ranks)
    assert ((1, "p1") in nulls(rows)) == is_suppressed


@pytest.mark.parametrize(("min_group_size", "expected"), [(50, 50), (5, 20)])
def test_a_recommendation_rests_on_a_group_that_may_be_published(min_group_size, expected):
    settings = SimpleNamespace(privacy=PrivacySettings(min_group_size=min_group_size), baskets=BasketsSettings(min_customers=20))
    assert evidence_settings(SimpleNamespace(settings=settings)).min_customers == expected
