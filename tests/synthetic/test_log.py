"""The synthetic log has the rows, the order, the faults and the truth that it declares."""

from datetime import datetime, timedelta

import pytest
from pyspark.sql import functions as F

from segmentation.synthetic import Retailer, transaction_log

RETAILER = Retailer(lines=40_000, seed=5)


@pytest.fixture(scope="module")
def log(spark):
    return transaction_log(spark, RETAILER).toPandas()


@pytest.fixture(scope="module")
def purchases(log):
    return log[log.quantity > 0]


@pytest.fixture(scope="module")
def returns(log):
    return log[log.quantity < 0].reset_index(names="row")


def _with_purchase(returns, purchases):
    """Each return with each earlier purchase that it could undo."""
    keys = ["customer_id", "product_id", "quantity", "unit_price"]
    undone = purchases.assign(quantity=-purchases.quantity)
    pairs = returns.merge(undone, on=keys, suffixes=("", "_bought"))
    return pairs[pairs.ordered_at >= pairs.ordered_at_bought]


@pytest.mark.parametrize("lines", [1_000, 1_001, 1_087])
def test_a_log_has_exactly_the_lines_asked_for(spark, lines):
    assert transaction_log(spark, Retailer(lines=lines, seed=5)).count() == lines


def test_the_columns_are_those_of_a_retail_export(spark):
    assert transaction_log(spark, RETAILER).dtypes == [
        ("order_id", "string"),
        ("product_id", "string"),
        ("description", "string"),
        ("category", "string"),
        ("quantity", "int"),
        ("ordered_at", "timestamp"),
        ("unit_price", "double"),
        ("customer_id", "string"),
        ("country", "string"),
    ]


def test_the_first_line_of_a_seed_stays_the_same_for_ever(spark):
    first = transaction_log(spark, RETAILER).withColumn("ordered_at", F.col("ordered_at").cast("string")).first()
    assert tuple(first) == (
        "500000",
        "20284",
        "Handmade white trowel",
        "Garden",
        4,
        "2024-01-01 10:42:48",
        10.91,
        "10791",
        "United Kingdom",
    )


def test_lines_come_in_the_order_of_time(log):
    assert log.ordered_at.is_monotonic_increasing


def test_lines_stay_within_the_period(log):
    assert log.ordered_at.min() >= datetime(2024, 1, 1)
    assert log.ordered_at.max() < datetime(2024, 1, 1) + timedelta(days=731)


def test_partitions_do_not_change_the_rows(spark):
    small = Retailer(lines=2_000, seed=5)
    assert transaction_log(spark, small, 1).collect() == transaction_log(spark, small, 3).collect()


def test_another_seed_is_another_log(spark):
    one, two = (transaction_log(spark, Retailer(lines=1_000, seed=seed)).drop("ordered_at") for seed in (5, 6))
    assert one.exceptAll(two).count() > 900


def test_guests_place_their_declared_share_of_orders(purchases):
    orders = purchases.groupby("order_id").customer_id.first()
    assert orders.isna().mean() == pytest.approx(RETAILER.guest_share, abs=0.015)


def test_an_order_belongs_to_one_customer_at_one_time(log):
    orders = log.fillna({"customer_id": "guest"}).groupby("order_id")
    assert (orders[["customer_id", "ordered_at", "country"]].nunique() == 1).all(axis=None)


def test_free_lines_have_their_declared_share(log):
    assert (log.unit_price == 0).mean() == pytest.approx(RETAILER.free_share, abs=0.001)


def test_postage_has_its_declared_share(log):
    assert (log.product_id == "POST").mean() == pytest.approx(RETAILER.postage_share, abs=0.0015)


def test_duplicates_have_their_declared_share_and_follow_their_original(log):
    like_the_line_before = (log.fillna("") == log.fillna("").shift()).all(axis=1)
    assert log.duplicated().mean() == pytest.approx(RETAILER.duplicate_share, abs=0.0015)
    assert (like_the_line_before == log.duplicated()).all()


def test_a_return_has_an_order_number_of_its_own_that_begins_with_c(log):
    assert (log.order_id.str.startswith("C") == (log.quantity < 0)).all()


def test_returns_open_about_one_order_in_seven(log):
    orders = log.drop_duplicates("order_id")
    assert (orders.quantity < 0).sum() / (orders.quantity > 0).sum() == pytest.approx(0.145, abs=0.02)


def test_every_return_mirrors_an_earlier_purchase(returns, purchases):
    assert set(_with_purchase(returns, purchases).row) == set(returns.row)


def test_no_line_comes_back_twice(log):
    items = log.fillna({"customer_id": "guest"}).assign(units=log.quantity.abs(), returned=log.quantity < 0)
    counts = items.groupby(["customer_id", "product_id", "units", "unit_price"]).returned.agg(["sum", "size"])
    known = counts.drop("guest")
    assert (known["sum"] <= known["size"] - known["sum"]).all()


def test_voids_are_their_declared_share_of_returns(returns, purchases):
    pairs = _with_purchase(returns, purchases)
    void = pairs[pairs.ordered_at <= pairs.ordered_at_bought + timedelta(hours=24)]
    assert void.row.nunique() / len(returns) == pytest.approx(RETAILER.void_share, abs=0.05)


QUIET, BUSY = {"lines": 1_000, "days": 731}, {"lines": 20_000, "days": 60}


@pytest.mark.parametrize("shop", [QUIET, BUSY], ids=["days between orders", "many orders a day"])
@pytest.mark.parametrize(("void_share", "within_a_day"), [(0.0, 0), (1.0, 1)])
def test_voids_come_within_a_day_and_other_returns_do_not(spark, shop, void_share, within_a_day):
    log = transaction_log(spark, Retailer(seed=5, void_share=void_share, **shop)).toPandas()
    returns = log[log.quantity < 0].reset_index(names="row")
    pairs = _with_purchase(returns, log[log.quantity > 0])
    is_soon = pairs.ordered_at - pairs.ordered_at_bought <= timedelta(hours=24)
    assert len(returns) > 10
    assert pairs[is_soon].row.nunique() == within_a_day * len(returns)
    assert log.ordered_at.is_monotonic_increasing


def test_a_product_has_one_description_and_one_category(log):
    products = log.fillna({"category": "none"}).groupby("product_id")
    assert (products[["description", "category"]].nunique() == 1).all(axis=None)


def test_a_product_costs_the_same_everywhere_or_nothing(log):
    assert (log[log.unit_price > 0].groupby("product_id").unit_price.nunique() == 1).all()


def test_prices_have_two_decimals_at_most(log):
    assert (log.unit_price == log.unit_price.round(2)).all()


def test_only_postage_has_no_category(log):
    assert (log.category.isna() == (log.product_id == "POST")).all()
    assert log.category.nunique() == 12


def test_a_customer_lives_in_one_country(log):
    assert (log.groupby("customer_id").country.nunique() == 1).all()
