"""Each feature says of hand-made orders what its definition says."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pyspark.sql import functions as F

from segmentation.features.purchases import customer_totals, customers_without_purchase, estimated_products, purchase_features
from segmentation.ingest.orders import aggregate_orders
from segmentation.schemas import PRODUCT_BITS

SLUGS = ("books", "toys", "other")
AS_OF = date(2024, 7, 1)
SCHEMA = """customer_id STRING, ordered_at TIMESTAMP, lines BIGINT, gross_e4 BIGINT, returned_e4 BIGINT,
            spend_e4_books BIGINT, spend_e4_toys BIGINT, spend_e4_other BIGINT"""


def order(day, gross, returned=0, books=0, toys=0, hour=12):
    """An order by its day (month, day) and its amounts in currency."""
    spend = (books, toys, gross - books - toys)
    return (datetime(2024, *day, hour, tzinfo=UTC), 1, *(round(amount * 10_000) for amount in (gross, returned, *spend)))


# 2024-06-01 and 2024-06-08 are Saturdays, 2024-06-02 is a Sunday.
CUSTOMERS = {
    "three orders on two days": [order((6, 3), 10), order((6, 3), 20, hour=23), order((6, 11), 40.5)],
    "four purchase days": [order((6, day), 1) for day in (3, 4, 10, 20)],
    "one day": [order((6, 30), 10, hour=0), order((6, 30), 10, hour=23)],
    "on the day itself": [order((7, 1), 10)],
    "returned a part": [order((6, 3), 100), order((6, 5), 0, 25), order((6, 10), 100, 25)],
    "returned more than bought": [order((6, 3), 100), order((6, 5), 0, 400)],
    "returned one order whole": [order((6, 3), 100), order((6, 10), 50, 50), order((6, 17), 30, 40)],
    "only returned": [order((6, 3), 0, 40)],
    "came out even": [order((6, 3), 40, 40)],
    "three tastes": [order((6, 3), 50, books=30), order((6, 10), 50, books=20, toys=10)],
    "one taste": [order((6, 3), 50, toys=50)],
    "weekends": [order((6, 1), 1), order((6, 2), 1), order((6, 8), 1), order((6, 3), 1), order((6, 8), 0, 1)],
    "months": [order((1, 31), 1), order((1, 1), 1), order((2, 29), 1), order((6, 3), 1)],
    "exact to the last": [order((6, 3), 0.0001), order((6, 4), 12345678.9012, 0.0002)],
}


@pytest.fixture(scope="module")
def totals(spark):
    rows = [(name, *fields) for name, orders in CUSTOMERS.items() for fields in orders]
    return customer_totals(spark.createDataFrame(rows, SCHEMA), SLUGS).cache()


@pytest.fixture(scope="module")
def customers(totals):
    return {row.customer_id: row for row in purchase_features(totals, AS_OF, SLUGS).collect()}


def test_recency_and_tenure_count_days_from_the_last_and_the_first_purchase(customers):
    result = {
        name: (customers[name].recency_days, customers[name].tenure_days) for name in ("four purchase days", "one day", "on the day itself")
    }
    assert result == {"four purchase days": (11, 28), "one day": (1, 1), "on the day itself": (0, 0)}


def test_recency_ignores_orders_without_a_positive_net(customers):
    row = customers["returned one order whole"]
    assert (row.recency_days, row.tenure_days) == (28, 28)


def test_frequency_counts_orders_with_a_positive_net(customers):
    names = ("three orders on two days", "returned a part", "returned one order whole")
    assert [customers[name].frequency_orders for name in names] == [3, 2, 1]


def test_purchase_days_are_distinct(customers):
    names = ("three orders on two days", "four purchase days", "one day", "returned one order whole")
    assert [customers[name].purchase_days for name in names] == [2, 4, 1, 1]


def test_gross_is_before_returns_and_net_after(customers):
    row = customers["returned a part"]
    assert (row.monetary_gross, row.monetary_net) == (Decimal("200.0000"), Decimal("150.0000"))


def test_what_was_returned_in_orders_of_its_own_lowers_net(customers):
    row = customers["returned more than bought"]
    assert (row.monetary_gross, row.monetary_net) == (Decimal("100.0000"), Decimal("-300.0000"))


def test_amounts_are_exact_to_a_ten_thousandth(customers):
    row = customers["exact to the last"]
    assert (row.monetary_gross, row.monetary_net) == (Decimal("12345678.9013"), Decimal("12345678.9011"))


def test_order_value_is_net_per_purchase(customers):
    names = ("three orders on two days", "returned a part", "returned more than bought")
    assert [customers[name].order_value_avg for name in names] == [23.5, 75.0, -300.0]


def test_interpurchase_time_is_the_mean_gap_between_purchase_days(customers):
    names = ("three orders on two days", "four purchase days")
    assert [customers[name].interpurchase_days_avg for name in names] == [8.0, 17 / 3]


def test_interpurchase_time_is_null_for_customers_of_one_day(customers):
    assert customers["one day"].interpurchase_days_avg is None


def test_return_rate_is_returned_value_over_gross(customers):
    assert [customers[name].return_rate for name in ("one day", "returned a part", "returned one order whole")] == [0.0, 0.25, 0.5]


def test_return_rate_is_one_at_most(customers):
    assert customers["returned more than bought"].return_rate == 1.0


def test_category_shares_are_parts_of_gross(customers):
    row = customers["three tastes"]
    assert (row.category_share_books, row.category_share_toys, row.category_share_other) == (0.5, 0.1, 0.4)


def test_category_shares_sum_to_one_for_everyone(customers):
    sums = [row.category_share_books + row.category_share_toys + row.category_share_other for row in customers.values()]
    assert sums == pytest.approx([1.0] * 12, abs=1e-12)


def test_breadth_of_categories_counts_those_bought(customers):
    assert [customers[name].breadth_categories for name in ("three tastes", "one taste", "one day")] == [3, 1, 1]


def test_weekend_share_is_that_of_purchases_on_saturdays_and_sundays(customers):
    assert [customers[name].weekend_order_share for name in ("weekends", "four purchase days")] == [0.75, 0.0]


def test_month_shares_are_those_of_purchases_in_each_month(customers):
    shares = {name[-2:]: share for name, share in customers["months"].asDict().items() if name.startswith("month_order_share_")}
    assert shares == {f"{month:02d}": {1: 0.5, 2: 0.25, 6: 0.25}.get(month, 0.0) for month in range(1, 13)}


def test_customers_without_a_purchase_have_a_reason_and_no_features(totals, customers):
    without = ["came out even", "only returned"]
    assert set(CUSTOMERS) - set(customers) == set(without)
    assert sorted(tuple(row) for row in customers_without_purchase(totals).collect()) == [(name, "no_purchase") for name in without]


def test_every_row_says_which_day_it_describes(customers):
    assert {row["as_of"] for row in customers.values()} == {AS_OF}


def test_the_columns_are_those_of_the_published_table(totals):
    columns = dict(purchase_features(totals, AS_OF, SLUGS).dtypes)
    months = {f"month_order_share_{month:02d}": "double" for month in range(1, 13)}
    assert columns == {
        "customer_id": "string",
        "as_of": "date",
        "recency_days": "int",
        "tenure_days": "int",
        "frequency_orders": "bigint",
        "purchase_days": "bigint",
        "monetary_gross": "decimal(18,4)",
        "monetary_net": "decimal(18,4)",
        "order_value_avg": "double",
        "interpurchase_days_avg": "double",
        "breadth_categories": "int",
        "return_rate": "double",
        "category_share_books": "double",
        "category_share_toys": "double",
        "category_share_other": "double",
        "weekend_order_share": "double",
        **months,
    }


def test_a_log_without_categories_gives_no_feature_of_them(totals):
    columns = purchase_features(totals, AS_OF, ()).columns
    assert [name for name in columns if "categor" in name] == []


def test_breadth_of_products_is_zero_where_all_were_voided(totals):
    known = totals.selectExpr("*", "CASE WHEN customer_id = 'one day' THEN 5L END AS breadth_products")
    result = purchase_features(known.where("customer_id LIKE 'one%'"), AS_OF, SLUGS).select("customer_id", "breadth_products")
    assert sorted(tuple(row) for row in result.collect()) == [("one day", 5), ("one taste", 0)]


def test_only_the_requested_months_are_counted(spark):
    rows = [("7", *order((6, 3), 10)), ("7", *order((12, 3), 10))]
    totals = customer_totals(spark.createDataFrame(rows, SCHEMA), SLUGS, months=("12",))
    (row,) = purchase_features(totals, AS_OF, SLUGS).collect()
    assert [(name, row[name]) for name in row.asDict() if name.startswith("month")] == [("month_order_share_12", 0.5)]


@pytest.mark.parametrize(("products", "error"), [(0, 0), (1, 0), (10, 0.1), (100, 0.1), (500, 0.12), (1_500, 0.18)])
def test_products_are_estimated_within_three_standard_errors(spark, products, error):
    lines = spark.range(products + 1).select(
        F.lit("7").alias("customer_id"),
        (F.col("id") % 40).cast("string").alias("order_id"),
        F.lit(None).cast("timestamp").alias("voided_at"),
        F.lit(datetime(2024, 6, 3, tzinfo=UTC)).alias("ordered_at"),
        F.when(F.col("id") < products, F.concat(F.lit("P"), "id")).alias("product_id"),
        F.lit(False).alias("is_return"),
        F.lit(1).cast("bigint").alias("amount_e4"),
    )
    twice = aggregate_orders(lines.unionByName(lines), (), has_products=True)
    (row,) = customer_totals(twice, ()).collect()
    assert abs(row.breadth_products - products) <= error * products


def test_an_estimate_where_every_bit_is_set_stays_finite(spark):
    full = spark.range(1).select(*(F.lit(-1).cast("bigint").alias(name) for name in PRODUCT_BITS))
    assert full.select(estimated_products(PRODUCT_BITS)).first()[0] == 3_549
