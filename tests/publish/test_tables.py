"""A table is declared once; what the audit expects of it follows from the declaration and from the run."""

from decimal import Decimal

import pytest

from segmentation.publish.audit import Expectations
from segmentation.publish.tables import Column, Complement, RowCount, RunTotals, SameKeys, SegmentSizes, ShareFamily, Sum, TableSpec
from segmentation.schemas import BIGINT, DOUBLE, INT, MONEY, STRING

SPEC = TableSpec(
    name="customers_of_the_day",
    grain="One row for each customer.",
    columns=(
        Column("customer_id", STRING, "Customer."),
        Column("segment_id", INT, "Segment."),
        Column("revenue_net", MONEY, "Net spend."),
        Column("orders", BIGINT, "Orders.", suppressible=True),
        Column("note", STRING, "Anything.", nullable=True, optional=True),
        Column("share_<category>", DOUBLE, "Share of a category."),
    ),
    key=("customer_id",),
    checks=(
        RowCount("customers"),
        Sum("revenue_net", "revenue_net"),
        Sum("orders", "orders_by_day.orders"),
        SegmentSizes("segment_id"),
        ShareFamily("share_"),
        SameKeys("customer_features"),
        Complement("others"),
    ),
)
NAMES = ["customer_id", "segment_id", "revenue_net", "orders", "share_toys", "share_tea"]
TOTALS = RunTotals({"customers": 3, "revenue_net": Decimal("12.5000")}, {1: 2, 2: 1}, customer_keys=77)
OTHERS = {"orders_by_day": [{"orders": 4}, {"orders": 5}]}


def expected(**changes):
    """What the audit expects of the table, with changes."""
    whole = {
        "rows": 3,
        "key": ("customer_id",),
        "schema": SPEC.schema_of(NAMES),
        "nullable": (),
        "sums": {"revenue_net": Decimal("12.5000"), "orders": 9},
        "shares": {"share_": ["share_toys", "share_tea"]},
        "sizes": ("segment_id", {1: 2, 2: 1}),
        "same_as": "customer_features",
        "completes": ("others", 77),
    }
    return Expectations(**{**whole, **changes})


def derived(names=NAMES, tables=OTHERS, totals=TOTALS, is_suppressed=False):
    return SPEC.expectations(SPEC.schema_of(names), 5, tables, totals, is_suppressed)


def test_every_check_of_the_declaration_is_expected_by_the_audit():
    assert derived() == expected()


def test_a_suppressed_column_may_have_nulls_and_an_exact_one_may_not():
    assert derived([*NAMES, "note"], is_suppressed=True).nullable == ("orders", "note")
    assert derived([*NAMES, "note"]).nullable == ("note",)


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        ({"tables": {"orders_by_day": [{"orders": 4}, {"orders": None}]}}, {"sums": {"revenue_net": Decimal("12.5000")}}),
        ({"tables": {}}, {"sums": {"revenue_net": Decimal("12.5000")}}),
        ({"totals": RunTotals({"customers": 3, "revenue_net": None}, {1: 2, 2: 1}, 77)}, {"sums": {"orders": 9}}),
        ({"totals": RunTotals({"customers": 3, "revenue_net": Decimal("12.5000")}, {1: 2, 2: 1})}, {"completes": None}),
        ({"names": NAMES[:4]}, {"schema": SPEC.schema_of(NAMES[:4]), "shares": {}}),
    ],
    ids=["a suppressed sum", "no other table", "no purchases", "unknown keys", "no categories"],
)
def test_what_a_run_does_not_know_is_not_expected(given, changes):
    assert derived(**given) == expected(**changes)


def test_a_column_that_is_not_declared_is_an_error_and_can_be_looked_for():
    assert SPEC.find_column("share_anything").name == "share_<category>"
    assert SPEC.find_column("colour") is None
    with pytest.raises(ValueError, match="customers_of_the_day: column colour is not declared"):
        SPEC.schema_of(["colour"])


def test_a_table_without_a_number_of_rows_is_an_error():
    with pytest.raises(ValueError, match="nothing says how many rows to expect"):
        TableSpec("t", "One row for each.", SPEC.columns).expectations(SPEC.schema, None, {}, TOTALS, False)
