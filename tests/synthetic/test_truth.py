"""The truth table names every customer's type, and the types behave as described."""

from datetime import date

import pytest

from segmentation.synthetic import Retailer, planted_types, transaction_log
from segmentation.synthetic.retailer import TYPES

RETAILER = Retailer(lines=40_000, seed=5)


@pytest.fixture(scope="module")
def truth(spark):
    return planted_types(spark, RETAILER).toPandas()


@pytest.fixture(scope="module")
def purchases(spark, truth):
    log = transaction_log(spark, RETAILER).where("quantity > 0 and customer_id is not null").toPandas()
    return log.merge(truth, on="customer_id", how="left")


def _of(purchases, name):
    return purchases[purchases.planted_type == name]


def test_every_customer_has_exactly_one_type(truth):
    assert truth.customer_id.is_unique
    assert len(truth) == RETAILER.customers
    assert set(truth.planted_type) == {planted.name for planted in TYPES}


def test_ids_are_unique_where_the_first_stride_would_share_a_divisor(spark):
    ids = planted_types(spark, Retailer(lines=24 * 47, seed=5)).select("customer_id")
    assert ids.distinct().count() == 24


def test_types_have_their_declared_sizes(truth):
    shares = truth.planted_type.value_counts(normalize=True)
    assert shares.to_dict() == pytest.approx({planted.name: planted.share for planted in TYPES}, abs=0.002)


def test_every_customer_of_the_log_is_in_the_truth_table(purchases):
    assert purchases.planted_type.notna().all()


def test_nearly_every_customer_orders(purchases, truth):
    assert 0.95 < purchases.customer_id.nunique() / len(truth) <= 1


def test_an_id_does_not_betray_the_type(truth):
    ids = truth.assign(number=truth.customer_id.astype(int))
    means = ids.groupby("planted_type").number.mean()
    assert means.to_dict() == pytest.approx(dict.fromkeys(means.index, ids.number.mean()), rel=0.02)


def test_lapsed_customers_have_not_bought_since_the_first_two_fifths(purchases):
    assert _of(purchases, "lapsed decorators").ordered_at.max().date() < date(2024, 10, 19)


def test_new_customers_came_in_the_last_eighth(purchases):
    assert _of(purchases, "new families").ordered_at.min().date() >= date(2025, 10, 5)


@pytest.mark.parametrize("planted", TYPES, ids=lambda planted: planted.name)
def test_a_type_spends_most_lines_but_not_all_on_its_favourites(purchases, planted):
    assert 0.75 < _of(purchases, planted.name).category.isin(planted.favourites).mean() < 0.95


def test_orders_per_customer_have_the_declared_proportions(purchases):
    orders = purchases.groupby("planted_type").order_id.nunique()
    customers = {planted.name: planted.share * RETAILER.customers for planted in TYPES}
    means = {name: orders[name] / customers[name] for name in customers}
    assert means == pytest.approx({planted.name: planted.orders for planted in TYPES}, rel=0.15)


def test_customers_of_a_type_differ(purchases):
    orders = _of(purchases, "loyal regulars").groupby("customer_id").order_id.nunique()
    assert orders.std() > 2
