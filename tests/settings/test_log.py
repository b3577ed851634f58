"""What the settings must say about a log for its lines to have an amount."""

import pytest
from pydantic import ValidationError

from segmentation.settings import Columns, InputSettings

NEEDED = {"customer_id": "c", "ordered_at": "t"}


@pytest.mark.parametrize("columns", [{}, {"quantity": "q"}, {"unit_price": "p"}, {"discount": "d"}])
def test_an_amount_or_both_quantity_and_price_are_needed(columns):
    with pytest.raises(ValidationError, match="needs 'amount', or both 'quantity' and 'unit_price'"):
        Columns(**NEEDED, **columns)


def test_a_discount_is_taken_off_a_price_and_never_off_an_amount():
    assert Columns(**NEEDED, quantity="q", unit_price="p", discount="d").discount == "d"
    with pytest.raises(ValidationError, match="an 'amount' already has it taken off"):
        Columns(**NEEDED, amount="a", discount="d")


def test_mapped_columns_come_in_one_order_whatever_the_file_says_first():
    columns = Columns(country="Land", amount="Net Amount", ordered_at="t", customer_id="c")
    assert list(columns.mapped().items()) == [("customer_id", "c"), ("ordered_at", "t"), ("amount", "Net Amount"), ("country", "Land")]


def test_texts_for_nothing_are_compared_without_case_or_blanks():
    settings = InputSettings(format="csv", path="log.csv", columns=Columns(**NEEDED, amount="a"), missing_values=("", " N/A ", "Unbekannt"))
    assert settings.missing_values == ("", "n/a", "unbekannt")
