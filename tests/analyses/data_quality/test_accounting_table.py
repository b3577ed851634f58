from decimal import Decimal

import pandas as pd
import pytest

from segmentation.analyses.data_quality.accounting_table import accounting_table


def table(*rows):
    return pd.DataFrame(
        [("lines", outcome, reason, count, count, None if amount is None else Decimal(amount)) for outcome, reason, count, amount in rows],
        columns=["subject", "outcome", "reason", "count", "count_any_reason", "amount"],
    )


WHOLE = (
    ("read", None, 10, "100.0000"),
    ("accepted", "purchase", 7, "80.0000"),
    ("rejected", "guest", 2, "15.0000"),
    ("voided", "purchase", 1, "5.0000"),
)


def test_lines_and_amounts_that_add_up_are_shown_as_sums():
    result = accounting_table(table(*WHOLE), "lines", "GBP")
    assert [line.replace("\u00a0", " ") for line in result.sums] == [
        "10 read = 7 accepted + 2 rejected + 1 voided",
        "£100.00 read = £80.00 accepted + £15.00 rejected + £5.00 voided",
    ]
    assert result.adds_up
    assert result.verdict == "It adds up: every line is counted once."


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (("read", None, 12, "100.0000"), "It does not add up: 2 lines missing."),
        (("read", None, 9, "100.0000"), "It does not add up: 1 lines counted twice."),
        (("read", None, 10, "100.0100"), "It does not add up: the lines do, but their amounts differ by £0.01."),
    ],
)
def test_what_does_not_add_up_is_said(row, verdict):
    result = accounting_table(table(row, *WHOLE[1:]), "lines", "GBP")
    assert not result.adds_up
    assert result.verdict == verdict


def test_a_total_next_to_its_reasons_is_not_counted_again():
    assert accounting_table(table(*WHOLE, ("rejected", None, 2, "15.0000")), "lines", "GBP").adds_up


def test_lines_without_a_readable_amount_are_left_out_of_the_sum_of_amounts():
    rows = table(*WHOLE[:2], ("rejected", "unreadable_price", 2, None), ("rejected", "guest", 1, "20.0000"))
    result = accounting_table(rows, "lines", None)
    assert result.adds_up
    assert next(entry.amount for entry in result.lines if entry.name == "Unreadable price") == "–"


@pytest.mark.parametrize(
    ("reason", "explanation"),
    [
        ("missing_date", "The date is empty."),
        ("unreadable_quantity", "The value given as the quantity can't be read as one."),
        ("unreadable_record", "The line is broken: it can't be split into its columns."),
        ("a_rule_of_tomorrow", ""),
    ],
)
def test_reasons_are_explained_in_plain_words(reason, explanation):
    entries = accounting_table(table(("rejected", reason, 1, None)), "lines", None).lines
    assert [entry.explanation for entry in entries if not entry.is_outcome] == [explanation]


def test_an_empty_log_divides_by_nothing():
    result = accounting_table(table(("read", None, 0, None)), "lines", None)
    assert [entry.share for entry in result.lines] == ["–", "–", "–"]
    assert result.adds_up
