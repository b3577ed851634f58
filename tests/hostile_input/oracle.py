"""What becomes of a line, computed by plain Python and `decimal`: the rules written a second time, from the docs and not from the code."""

import re
import unicodedata
from datetime import datetime
from decimal import Decimal

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_BELOW_SPACE = "".join(map(chr, range(33)))
_NOTHING = {"", "null", "nan", "none", "n/a"}
_TEN_THOUSANDTH = Decimal("0.0001")


def judged(fields):
    """All reasons to reject a line, in order, and its signed amount (None where it has none)."""
    quantity, price = number(fields["units"]), number(fields["price"])
    amount = None if quantity is None or price is None or abs(quantity * price) > 10**9 else (quantity * price).quantize(_TEN_THOUSANDTH)
    tests = {
        "unreadable_id": any(is_damaged(fields[name]) for name in ("who", "order")),
        "guest": not is_damaged(fields["who"]) and seen(fields["who"]).lower() in _NOTHING,
        **_missing_or_unreadable(fields["when"], time(fields["when"]), "date"),
        **_missing_or_unreadable(fields["units"], quantity, "quantity"),
        **_missing_or_unreadable(fields["price"], price, "price"),
        "zero_quantity": quantity == 0,
        "price_not_above_zero": price is not None and price <= 0,
        "amount_too_small": quantity not in (None, 0) and price is not None and price > 0 and amount == 0,
        "amount_too_large": quantity is not None and price is not None and amount is None,
    }
    return [reason for reason, holds in tests.items() if holds], amount


def _missing_or_unreadable(text, value, what):
    is_given = text is not None and text.strip(" ") != ""
    return {f"missing_{what}": value is None and not is_given, f"unreadable_{what}": value is None and is_given}


def seen(text):
    """An id as it is seen: no invisible signs, no blanks of any kind at its ends, wide letters as usual ones."""
    shown = "".join(sign for sign in text or "" if unicodedata.category(sign) != "Cf")
    while shown and (shown[0].isspace() or unicodedata.category(shown[0]) in ("Cc", "Zs", "Zl", "Zp")):
        shown = shown[1:]
    while shown and (shown[-1].isspace() or unicodedata.category(shown[-1]) in ("Cc", "Zs", "Zl", "Zp")):
        shown = shown[:-1]
    return "".join(unicodedata.normalize("NFKC", sign) if "！" <= sign <= "～" else sign for sign in shown)


def is_damaged(text):
    return any(sign == "\ufffd" or unicodedata.category(sign) == "Cc" for sign in seen(text))


def number(text):
    """A finite number, or None."""
    plain = (text or "").strip(_BELOW_SPACE)
    if not _NUMBER.fullmatch(plain) or abs(float(plain)) == float("inf"):
        return None
    return Decimal(plain) if float(plain) else Decimal(0)


def time(text):
    plain = (text or "").strip(" ")
    if not _TIME.fullmatch(plain):
        return None
    try:
        return datetime.strptime(plain, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None
