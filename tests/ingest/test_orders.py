"""Orders are sums of their lines, and can be computed as of any earlier day."""

from collections import Counter
from datetime import UTC, date, datetime

from pyspark.sql import functions as F

from segmentation.ingest.lines import with_default_order_id
from segmentation.ingest.orders import active_orders, aggregate_orders, orders_as_of, products_per_customer
from segmentation.ingest.returns import ReturnKeys, return_key, with_voided
from segmentation.schemas import PRODUCT_BITS, Category

SCHEMA = """customer_id STRING, order_id STRING, product_id STRING, category INT, ordered_at TIMESTAMP, quantity DOUBLE,
            unit_price_e4 DOUBLE, amount_e4 BIGINT, is_return BOOLEAN, voided_at TIMESTAMP"""
CATEGORIES = (Category("Books", "books"), Category("Toys", "toys"), Category("other", "other"))


def _at(day, hour=12):
    return datetime(2024, 3, day, hour, tzinfo=UTC)


def _line(amount_e4, order="A1", at=None, **changes):
    usual = {
        "customer_id": "7",
        "order_id": order,
        "product_id": "MUG",
        "category": 2,
        "ordered_at": at or _at(1),
        "quantity": 1.0 if amount_e4 > 0 else -1.0,
        "unit_price_e4": abs(float(amount_e4)),
        "amount_e4": amount_e4,
        "is_return": amount_e4 < 0,
        "voided_at": None,
    }
    return tuple((usual | changes).values())


def _lines(spark, *lines):
    return spark.createDataFrame(lines, SCHEMA)


def _returns(lines):
    return ReturnKeys(lines.where("is_return").select(return_key().alias("return_key")), count=1)


def _text(time):
    return F.date_format(time, "yyyy-MM-dd HH:mm:ss")


def _rows(frame, *columns):
    return sorted(tuple(row) for row in frame.select(*columns).collect())


def test_an_order_sums_its_lines(spark):
    lines = _lines(
        spark,
        _line(100, at=_at(1, 11), category=0),
        _line(40, at=_at(1, 10), category=1),
        _line(7, category=1),
        _line(-30, category=0),
        _line(5, "A2"),
        _line(9, "A1", customer_id="8"),
    )
    orders = aggregate_orders(lines, CATEGORIES).withColumn("at", _text("ordered_at"))
    columns = ["customer_id", "order_id", "at", "lines", "return_lines", "gross_e4", "returned_e4"]
    assert _rows(orders, *columns, "spend_e4_books", "spend_e4_toys", "spend_e4_other") == [
        ("7", "A1", "2024-03-01 10:00:00", 4, 1, 147, 30, 100, 47, 0),
        ("7", "A2", "2024-03-01 12:00:00", 1, 0, 5, 0, 0, 0, 5),
        ("8", "A1", "2024-03-01 12:00:00", 1, 0, 9, 0, 0, 0, 9),
    ]


def test_without_categories_orders_have_no_spend_columns(spark):
    assert aggregate_orders(_lines(spark, _line(5)), ()).columns == [
        "customer_id",
        "order_id",
        "voided_at",
        "ordered_at",
        "last_line_at",
        "lines",
        "return_lines",
        "gross_e4",
        "returned_e4",
    ]


def test_voided_lines_have_a_row_of_their_own(spark):
    lines = _lines(spark, _line(100), _line(40, voided_at=_at(2)), _line(7, voided_at=_at(3)), _line(-40, "C1", _at(2), voided_at=_at(2)))
    result = _rows(
        aggregate_orders(lines, ()).withColumn("voided", _text("voided_at")), "order_id", "lines", "gross_e4", "returned_e4", "voided"
    )
    assert sorted(result, key=str) == [
        ("A1", 1, 100, 0, None),
        ("A1", 1, 40, 0, "2024-03-02 12:00:00"),
        ("A1", 1, 7, 0, "2024-03-03 12:00:00"),
        ("C1", 1, 0, 40, "2024-03-02 12:00:00"),
    ]


def test_without_order_numbers_a_customer_s_day_is_an_order(spark):
    lines = _lines(
        spark,
        _line(1, None, _at(1, 0)),
        _line(2, None, _at(1, 23)),
        _line(4, None, _at(2, 0)),
        _line(8, None, _at(1), customer_id="8"),
    )
    orders = lines.transform(with_default_order_id).transform(lambda rows: aggregate_orders(rows, ()))
    assert _rows(orders, "customer_id", "order_id", "gross_e4") == [("7", "2024-03-01", 3), ("7", "2024-03-02", 4), ("8", "2024-03-01", 8)]


def test_voided_lines_are_not_active(spark):
    lines = _lines(spark, _line(100, "A1", _at(1, 20)), _line(-100, "C1", _at(2, 10)), _line(5, "A1", _at(1, 20))).drop("voided_at")
    orders = aggregate_orders(with_voided(lines, _returns(lines), within_hours=24, cache=lambda frame: frame), ())
    assert _rows(active_orders(orders), "order_id", "gross_e4", "lines") == [("A1", 5, 1)]


def test_an_order_has_the_times_of_its_earliest_and_latest_line(spark):
    orders = aggregate_orders(_lines(spark, _line(1, at=_at(1, 23)), _line(2, at=_at(2, 0))), ())
    times = orders.selectExpr("CAST(ordered_at AS STRING) AS a", "CAST(last_line_at AS STRING) AS b")
    assert _rows(times, "a", "b") == [("2024-03-01 23:00:00", "2024-03-02 00:00:00")]


def test_products_are_counted_once_and_only_if_bought_and_not_voided(spark):
    lines = _lines(
        spark,
        _line(1, product_id="MUG"),
        _line(2, "A2", product_id="MUG"),
        _line(4, product_id="CUP"),
        _line(8, product_id=None),
        _line(-16, product_id="PEN"),
        _line(32, product_id="TOY", voided_at=_at(1)),
        _line(-64, product_id="PEN", customer_id="8"),
        _line(128, product_id="PEN", customer_id="9"),
    )
    products = products_per_customer(lines, "breadth")
    assert products.dtypes == [("customer_id", "string"), ("breadth", "bigint")]
    assert _rows(products, "customer_id", "breadth") == [("7", 2), ("9", 1)]


def _bits(orders):
    """The set bits of each order's words, 0 to 511."""
    words = orders.select("customer_id", "order_id", *PRODUCT_BITS).collect()
    return {
        (row.customer_id, row.order_id): {64 * n + bit for n, word in enumerate(row[2:]) for bit in range(64) if word >> bit & 1}
        for row in words
    }


def test_a_bit_is_set_for_each_product_bought_and_not_for_returns(spark):
    lines = _lines(
        spark,
        _line(1, product_id="MUG"),
        _line(2, product_id="MUG"),
        _line(4, product_id="CUP"),
        _line(8, "A2", product_id="MUG"),
        _line(16, "A3", product_id=None),
        _line(-32, "A4", product_id="PEN"),
    )
    bits = _bits(aggregate_orders(lines, (), has_products=True))
    assert {order: len(result) for (_, order), result in bits.items()} == {"A1": 2, "A2": 1, "A3": 0, "A4": 0}
    assert bits["7", "A2"] < bits["7", "A1"]


def test_products_are_spread_evenly_over_all_bits(spark):
    codes = spark.range(20_000).selectExpr("'7' AS customer_id", "CAST(id AS STRING) AS order_id", "CONCAT('P', id) AS product_id")
    line = _lines(spark, _line(1)).drop("customer_id", "order_id", "product_id")
    bits_set = [bit for bits in _bits(aggregate_orders(codes.crossJoin(line), (), has_products=True)).values() for bit in bits]
    counts = Counter(bits_set)
    assert (len(bits_set), len(counts)) == (20_000, 512)
    assert max(counts.values()) < 2 * 20_000 / 512


def test_without_products_orders_have_no_bits(spark):
    assert not set(PRODUCT_BITS) & set(aggregate_orders(_lines(spark, _line(1)), ()).columns)


AMOUNTS = ("order_id", "lines", "gross_e4", "returned_e4")


def _orders_as_of(spark, day, *lines):
    return _rows(orders_as_of(aggregate_orders(_lines(spark, *lines), CATEGORIES, has_products=True), date(2024, 3, day)), *AMOUNTS)


def test_as_of_a_day_only_orders_that_began_before_it_count(spark):
    assert _orders_as_of(spark, 2, _line(100, at=_at(1, 23)), _line(40, "A2", at=_at(2, 0))) == [("A1", 1, 100, 0)]


def test_lines_voided_later_still_count_and_belong_to_their_order(spark):
    lines = (_line(100), _line(40, voided_at=_at(2)), _line(-40, "C1", at=_at(2), voided_at=_at(2)))
    assert _orders_as_of(spark, 2, *lines) == [("A1", 2, 140, 0)]
    assert _orders_as_of(spark, 3, *lines) == [("A1", 1, 100, 0)]


def test_lines_voided_on_the_day_itself_count_at_its_midnight(spark):
    midnight = _at(2, 0)
    lines = (_line(40, voided_at=midnight), _line(-40, "C1", at=midnight, voided_at=midnight))
    assert _orders_as_of(spark, 2, *lines) == [("A1", 1, 40, 0)]


def test_a_return_counts_from_the_next_day(spark):
    lines = (_line(100), _line(-30, "C1", at=_at(5)))
    assert _orders_as_of(spark, 5, *lines) == [("A1", 1, 100, 0)]
    assert _orders_as_of(spark, 6, *lines) == [("A1", 1, 100, 0), ("C1", 1, 0, 30)]


def test_an_order_that_straddles_the_day_counts_whole(spark):
    orders = orders_as_of(aggregate_orders(_lines(spark, _line(100, at=_at(1)), _line(40, at=_at(2))), CATEGORIES), date(2024, 3, 2))
    assert _rows(orders, *AMOUNTS, _text("last_line_at")) == [("A1", 2, 140, 0, "2024-03-02 12:00:00")]
