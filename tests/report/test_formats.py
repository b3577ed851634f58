from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from segmentation.report.formats import count, duration, log_ratio, measure, money, number, percent, plain, ratio, score


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (count(541_909), "541,909"),
        (count(None), "–"),
        (count(np.float64("nan")), "–"),
        (count(-1_200), "−1,200"),
        (count(-0.2), "0"),
        (number(4.267), "4.27"),
        (number(56.78), "56.8"),
        (number(1234.5), "1,234"),
        (number(12.0), "12"),
        (number(pd.NA), "–"),
        (score(0.43215), "0.432"),
        (score(-0.05), "−0.050"),
        (percent(0.1234), "12.3\u00a0%"),
        (percent(0.0002), "<\u00a00.1\u00a0%"),
        (percent(0), "0.0\u00a0%"),
        (percent(-0.5, places=0), "−50\u00a0%"),
        (money(Decimal("8235693.4567"), "GBP"), "£8,235,693"),
        (money(Decimal("8235693.4567"), "GBP", exact=True), "£8,235,693.46"),
        (money(12.5, "CHF"), "CHF\u00a012.50"),
        (money(-12.5, "GBP"), "−£12.50"),
        (money(Decimal("-0.0000"), "EUR"), "€0.00"),
        (money(99, None), "99.00"),
        (measure(1, "days", None), "1\u00a0day"),
        (measure(92.4, "days", None), "92.4\u00a0days"),
        (measure(1, "categories", None), "1\u00a0category"),
        (measure(3.5, "categories", None), "3.50\u00a0categories"),
        (measure(0.25, "share", None), "25.0\u00a0%"),
        (measure(310, "currency", "GBP"), "£310.00"),
        (measure(38.85, "unheard of", None), "38.9"),
        (duration(8.44), "8.4\u00a0s"),
        (duration(192), "3\u00a0min 12\u00a0s"),
        (duration(3900), "1\u00a0h 5\u00a0min"),
        (duration(None), "–"),
        (ratio(420), "4.2 times"),
        (ratio(4200), "42 times"),
    ],
)
def test_numbers_are_written_for_people(written, expected):
    assert written == expected


def test_an_index_at_or_below_zero_counts_as_far_below_average():
    assert [log_ratio(index) for index in (400, 100, 50, 0, -20, 1e9)] == [2, 0, -1, -4, -4, 4]


def test_foreign_text_becomes_one_printable_line():
    assert plain("  two\nlines\x00 and\u202e more ") == "two lines and more"
    assert plain("abcdef", limit=4) == "abc…"
    assert plain("abcd", limit=4) == "abcd"
