"""The audit compares tables with their expectations and reports all faults together."""

from decimal import Decimal

import pyarrow as arrow
import pytest
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from segmentation.errors import AuditFailedError
from segmentation.publish.audit import AuditResult, Expectations, audit, key_checksum, undersized_segments

SCHEMA = StructType().add("customer_id", "string").add("orders", "long").add("net", "decimal(18,4)").add("share", "double")
GOOD = [("a", 1, Decimal("1.5"), 0.25), ("b", 2, Decimal("2.5"), 0.75)]
EXPECTED = Expectations(rows=2, key=("customer_id",), schema=SCHEMA)


@pytest.fixture(params=["spark", "arrow"])
def table(request, spark):
    """A table as it is read back: a DataFrame, or a small one as an Arrow table."""

    def made(rows, schema=SCHEMA):
        if request.param == "spark":
            return spark.createDataFrame(rows, schema)
        return arrow.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], to_arrow_schema(schema))

    return made


def _faults(table, rows, expected=EXPECTED, known=(), schema=SCHEMA):
    return list(audit({"customers": table(rows, schema)}, {"customers": expected}, known).faults)


def test_tables_as_expected_are_counted(spark):
    frame = spark.createDataFrame(GOOD, SCHEMA)
    expectations = {"customers": EXPECTED, "none": Expectations(0, ("customer_id",), SCHEMA)}
    result = audit({"customers": frame, "none": frame.limit(0)}, expectations, [])
    assert result == AuditResult({"customers": 2, "none": 0}, ())
    assert result.to_manifest("r1") == {"passed": True, "faults": [], "compared_with": "r1"}
    result.raise_if_failed("nowhere")


@pytest.mark.parametrize(("rows", "counted"), [(GOOD[:1], "1 rows"), ([*GOOD, ("c", 3, Decimal(1), 0.0)], "3 rows")], ids=["fewer", "more"])
def test_another_number_of_rows_is_a_fault(table, rows, counted):
    assert _faults(table, rows) == [f"customers: {counted}, expected 2"]


def test_a_repeated_key_is_a_fault(table):
    assert _faults(table, [GOOD[0], GOOD[0]]) == ["customers: 1 rows repeat the key customer_id"]


def test_a_key_of_two_columns_repeats_only_where_both_do(table):
    expected = Expectations(3, ("customer_id", "orders"))
    rows = [GOOD[0], ("a", 2, Decimal(1), 0.5), ("a", 2, Decimal(2), 0.6)]
    assert _faults(table, rows, expected) == ["customers: 1 rows repeat the key customer_id, orders"]


def test_rows_may_repeat_where_no_key_is_expected(spark):
    frame = spark.createDataFrame([GOOD[0], GOOD[0]], SCHEMA)
    assert audit({"customers": frame}, {"customers": Expectations(2, ())}, []).faults == ()


@pytest.mark.parametrize("column", ["customer_id", "orders", "net", "share"])
def test_a_null_is_a_fault_in_a_column_of_any_type(table, column):
    holed = tuple(None if name == column else value for name, value in zip(SCHEMA.names, GOOD[0], strict=True))
    assert _faults(table, [holed, GOOD[1]]) == [f"customers: 1 rows without a value of {column}"]


def test_not_a_number_is_a_fault(table):
    assert _faults(table, [(*GOOD[0][:3], float("nan")), GOOD[1]]) == ["customers: 1 rows without a value of share"]


def test_nulls_are_no_fault_where_they_are_allowed(spark):
    frame = spark.createDataFrame([(*GOOD[0][:3], None), GOOD[1]], SCHEMA)
    assert audit({"customers": frame}, {"customers": Expectations(2, ("customer_id",), SCHEMA, ("share",))}, []).faults == ()


def test_columns_of_another_type_or_order_are_a_fault(table):
    swapped = StructType().add("orders", "long").add("customer_id", "string").add("net", "double").add("share", "double")
    (fault,) = _faults(table, GOOD, Expectations(2, ("customer_id",), swapped))
    assert fault == (
        "customers: columns [('customer_id', 'string'), ('orders', 'bigint'), ('net', 'decimal(18,4)'), ('share', 'double')], "
        "expected [('orders', 'bigint'), ('customer_id', 'string'), ('net', 'double'), ('share', 'double')]"
    )


def test_a_fault_known_before_is_reported_alone(table):
    assert _faults(table, GOOD, known=["3 lines are not accounted for"]) == ["3 lines are not accounted for"]


def test_all_faults_of_all_tables_are_in_one_report(spark):
    frame = spark.createDataFrame([GOOD[0], GOOD[0], (None, 1, Decimal(1), float("nan"))], SCHEMA)
    expectations = {"customers": EXPECTED, "none": Expectations(1, (), SCHEMA)}
    result = audit({"customers": frame, "none": frame.limit(0)}, expectations, ["lines do not add up"])
    with pytest.raises(AuditFailedError) as raised:
        result.raise_if_failed("see its folder")
    assert str(raised.value).splitlines() == [
        "the run failed its audit, nothing was published:",
        "  - lines do not add up",
        "  - customers: 3 rows, expected 2",
        "  - customers: 1 rows repeat the key customer_id",
        "  - customers: 1 rows without a value of customer_id",
        "  - customers: 1 rows without a value of share",
        "  - none: 0 rows, expected 1",
        "see its folder",
    ]
    assert result.rows == {"customers": 3, "none": 0}


def test_column_names_may_hold_any_character(table):
    schema = StructType().add("customer_id", "string").add("share of `new.old` & co", "double")
    assert _faults(table, [("a", None), ("b", 1.0)], Expectations(2, ("customer_id",)), schema=schema) == [
        "customers: 1 rows without a value of share of `new.old` & co"
    ]


def test_sums_are_exact_for_amounts_and_whole_numbers_and_within_rounding_for_shares(table):
    sums = {"orders": 3, "net": Decimal("4.0"), "share": 1.0}
    assert _faults(table, [*GOOD[:1], ("b", 2, Decimal("2.5"), 0.75 + 1e-12)], Expectations(2, (), sums=sums)) == []
    assert _faults(table, [("a", 2, Decimal("1.5001"), 0.26), GOOD[1]], Expectations(2, (), sums=sums)) == [
        "customers: orders adds up to 4, expected 3",
        "customers: net adds up to 4.0001, expected 4.0",
        "customers: share adds up to 1.01, expected 1.0",
    ]


@pytest.mark.parametrize("share", [None, float("nan")])
def test_shares_that_are_no_numbers_add_up_to_nothing(table, share):
    expected = Expectations(2, (), nullable=("share",), sums={"share": 1.0})
    (fault,) = _faults(table, [(*GOOD[0][:3], share), (*GOOD[1][:3], share)], expected)
    assert fault == f"customers: share adds up to {share}, expected 1.0"


def test_shares_of_each_row_add_up_to_one(table):
    schema = StructType().add("customer_id", "string").add("bags", "double").add("other things", "double")
    rows = [("a", 0.25, 0.75), ("b", 0.1 + 0.2, 0.7), ("c", 0.5, 0.6), ("d", 0.0, 0.0)]
    expected = Expectations(4, ("customer_id",), shares={"category shares": ["bags", "other things"]})
    assert _faults(table, rows, expected, schema=schema) == ["customers: 2 rows whose category shares do not add up to 1"]


def test_each_segment_has_as_many_rows_as_it_has_customers(table):
    assert _faults(table, GOOD, Expectations(2, (), sizes=("orders", {1: 1, 2: 1}))) == []
    assert _faults(table, GOOD, Expectations(2, (), sizes=("orders", {1: 2, 2: 0}))) == [
        "customers: 1 rows of orders 1, expected 2",
        "customers: 1 rows of orders 2, expected 0",
    ]


def test_two_tables_hold_the_same_customers_in_any_order(spark):
    one, same, others = (spark.createDataFrame([(key,) for key in keys], "customer_id STRING") for keys in ("abc", "cab", "abd"))
    expectations = {"features": Expectations(3, ("customer_id",), same_as="segments"), "segments": Expectations(3, ("customer_id",))}
    assert audit({"features": one, "segments": same}, expectations, []).faults == ()
    assert audit({"features": one, "segments": others}, expectations, []).faults == ("features: other customer_id than segments",)


def test_each_customer_is_in_one_of_two_tables_and_none_in_both(spark):
    def frame(keys):
        return spark.createDataFrame([(key,) for key in keys], "customer_id STRING")

    def faults(segmented, unsegmented):
        expected = Expectations(len(unsegmented), ("customer_id",), completes=("segments", whole))
        tables = {"segments": frame(segmented), "without": frame(unsegmented)}
        return audit(tables, {"segments": Expectations(len(segmented), ("customer_id",)), "without": expected}, []).faults

    whole = frame("abcd").agg(key_checksum("customer_id").alias("checksum")).collect()[0].checksum
    assert faults("abc", "d") == faults("dcba", "") == ()
    for segmented, unsegmented in (("abc", "c"), ("abc", ""), ("abcd", "d"), ("abc", "e")):
        assert faults(segmented, unsegmented) == ("without: with segments, not each customer_id of the input once",)


def test_a_segment_below_the_privacy_limit_is_a_fault():
    segments = [{"segment_id": 1, "customers": 10}, {"segment_id": 2, "customers": 9}]
    assert undersized_segments(segments, 10) == ["segment 2 holds 9 customers, fewer than privacy.min_group_size (10)"]
