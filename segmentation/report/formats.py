"""Numbers and foreign text, written for people."""

import math
from decimal import Decimal

import pandas as pd

NBSP = "\u00a0"
NOTHING = "–"

_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}
_UNIT_WORDS = {"days": "day", "orders": "order", "products": "product"}

Number = int | float | Decimal


def is_missing(value: object) -> bool:
    """Whether a cell is empty: None, NaN, NaT or NA."""
    return value is None or bool(pd.isna(value))  # type: ignore[call-overload]


def plain(text: object, limit: int | None = None) -> str:
    """One printable line of foreign text: no control or direction characters, no lone surrogates; cut at ``limit``."""
    printable = "".join(letter if letter.isprintable() or letter == NBSP else " " for letter in str(text))
    line = " ".join(part for part in printable.split(" ") if part)
    return line if limit is None or len(line) <= limit else line[: limit - 1].rstrip() + "…"


def count(value: Number | None) -> str:
    """A whole number: 1,234."""
    return NOTHING if is_missing(value) else _signed(f"{value:,.0f}")


def number(value: Number | None) -> str:
    """A measure with about three significant digits: 1,234, 56.8, 4.27; whole numbers as they are."""
    if value is None or is_missing(value):
        return NOTHING
    size = abs(float(value))
    places = 0 if size.is_integer() or size >= 100 else 1 if size >= 10 else 2
    return _signed(f"{value:,.{places}f}")


def score(value: Number | None, places: int = 3) -> str:
    """A measure between -1 and 1."""
    return NOTHING if is_missing(value) else _signed(f"{value:.{places}f}")


def percent(share: Number | None, places: int = 1) -> str:
    """A share as a percentage: 0.123 becomes 12.3 %."""
    if share is None or is_missing(share):
        return NOTHING
    least = 0.1**places
    value = 100 * float(share)
    if 0 < value < least / 2:
        return f"<{NBSP}{least:.{places}f}{NBSP}%"
    return _signed(f"{value:,.{places}f}") + f"{NBSP}%"


def money(value: Number | None, currency: str | None, exact: bool = False) -> str:
    """An amount with its currency: whole units from 1,000 on, else (or where ``exact``) with two places."""
    if value is None or is_missing(value):
        return NOTHING
    places = 2 if exact or abs(float(value)) < 1000 else 0
    digits = _signed(f"{value:,.{places}f}")
    sign, digits = ("−", digits[1:]) if digits.startswith("−") else ("", digits)
    return f"{sign}{_currency_prefix(currency)}{digits}"


def measure(value: Number | None, unit: str, currency: str | None) -> str:
    """A feature's value with its unit: 12.5 days, £310.00, 4.2 %."""
    if value is None or is_missing(value):
        return NOTHING
    if unit == "currency":
        return money(value, currency)
    if unit == "share":
        return percent(value)
    return _with_word(number(value), unit)


def duration(seconds: float | None) -> str:
    """A time span: 8.4 s, 3 min 12 s, 1 h 5 min."""
    if seconds is None or is_missing(seconds):
        return NOTHING
    if seconds < 60:
        return f"{seconds:.1f}{NBSP}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    return f"{hours}{NBSP}h {left}{NBSP}min" if hours else f"{minutes}{NBSP}min {rest}{NBSP}s"


def ratio(index: float) -> str:
    """An index as a multiple: 420 becomes 4.2 times."""
    value = index / 100
    return f"{value:,.1f} times" if value < 10 else f"{value:,.0f} times"


def log_ratio(index: float) -> float:
    """How often an index doubles 100 (negative: halves it), within -4 and 4; an index at or below 0 counts as -4."""
    return max(-4.0, min(4.0, math.log2(index / 100))) if index > 0 else -4.0


def _signed(digits: str) -> str:
    is_zero = not digits.strip("-0.,")
    return digits.lstrip("-") if is_zero else digits.replace("-", "−")


def _currency_prefix(currency: str | None) -> str:
    if is_missing(currency) or not currency:
        return ""
    return _SYMBOLS.get(currency, plain(currency, 12) + NBSP)


def _with_word(digits: str, unit: str) -> str:
    if unit == "categories":
        return f"{digits}{NBSP}{'category' if digits == '1' else 'categories'}"
    if unit not in _UNIT_WORDS:
        return digits
    return f"{digits}{NBSP}{_UNIT_WORDS[unit]}{'' if digits == '1' else 's'}"
