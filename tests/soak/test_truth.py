"""The second way of counting, held against figures worked out by hand."""

from datetime import date, datetime

from soak.shop import Line
from soak.truth import truth_of


def line(customer, at, order, quantity, price="5.00", product="T1"):
    return Line(customer, at, order, product, "Toys", quantity, price, "by hand")


LINES = [
    line("ann", "2026-03-01 10:00:00", "1", "2"),
    line("ann", "2026-03-01 12:00:00", "2", "2"),
    line("ann", "2026-03-02 11:59:00", "C2", "2"),
    line("ann", "2026-03-03 12:00:00", "C1", "-2"),
    line("bob", "2026-03-04 10:00:00", "3", "1", "7.50"),
    line("bob", "2026-03-04 10:00:00", "4", "-1", "7.50"),
    line("cat", "2026-03-04 09:00:00", "", "3"),
    line("cat", "2026-03-05 09:00:00", "", "-1"),
    line("dan", "2026-03-05 09:00:00", "5", "0"),
    line("", "2026-03-05 09:00:00", "6", "1", product="POST"),
    line("dan", "soon", "7", "4"),
]


def test_lines_and_customers_are_counted_as_by_hand():
    assert truth_of(LINES).accounting == {
        ("lines", "read", None, 11, 11, 350_000),
        ("lines", "rejected", "guest", 1, 1, 50_000),
        ("lines", "rejected", "not_a_product", 0, 1, 0),
        ("lines", "rejected", "unreadable_date", 1, 1, 200_000),
        ("lines", "rejected", "zero_quantity", 1, 1, 0),
        ("lines", "accepted", "purchase", 2, 2, 250_000),
        ("lines", "accepted", "return", 2, 2, -150_000),
        ("lines", "voided", "purchase", 2, 2, 175_000),
        ("lines", "voided", "return", 2, 2, -175_000),
        ("customers", "seen", None, 4, 4, None),
        ("customers", "segmented", None, 2, 2, None),
        ("customers", "unsegmented", "only_voided_lines", 1, 1, None),
        ("customers", "unsegmented", "only_rejected_lines", 1, 1, None),
    }


def test_a_return_voids_the_latest_equal_purchase_of_the_last_24_hours():
    voided = {key for key in truth_of(LINES).orders if key[2]}
    at, soon = datetime(2026, 3, 2, 11, 59), datetime(2026, 3, 4, 10)
    assert voided == {("ann", "2", at), ("ann", "C2", at), ("bob", "3", soon), ("bob", "4", soon)}


def test_customers_are_described_by_their_purchases_and_all_their_returns():
    truth = truth_of(LINES)
    assert truth.as_of == date(2026, 3, 6)
    assert truth.customers == {"ann": (5, 1, 100_000, 0), "cat": (2, 1, 150_000, 100_000)}
