"""Ids as they are known: the same customer, order or product is one, however it was written."""

from collections.abc import Mapping
from functools import reduce
from operator import or_

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.schemas import CUSTOMER_ID, ORDER_ID, PRODUCT_ID, STRING

IDS = (CUSTOMER_ID, ORDER_ID, PRODUCT_ID)

_SEEN = "[^ -~]"
"""What is seldom in an id, and is looked at closely: anything but the signs of ASCII."""
_INVISIBLE = r"\p{Cf}"
_EDGES = r"^[\s\p{Z}\p{Cc}]+|[\s\p{Z}\p{Cc}]+$"
_DAMAGED = r"[\p{Cc}\x{FFFD}]"
"""A sign that stands where bytes were none of the encoding, and signs of control, such as a line's end, inside an id."""
_WIDE = "".join(map(chr, range(0xFF01, 0xFF5F)))
_NARROW = "".join(map(chr, range(0x21, 0x7F)))
"""Letters and digits as wide as Chinese ones, and the same as usual."""


def canonical_id(column: Column, kind: T.DataType) -> Column:
    """An id as text, trimmed of all that cannot be seen; a whole number loses its empty fraction: 17850.0 and 17850 are one."""
    text = F.trim(_as_text(column, kind))
    if not isinstance(kind, T.StringType | T.FractionalType):
        return text
    return F.when(text.endswith("0") & text.contains("."), F.regexp_replace(text, r"^(\d+)\.0+$", "$1")).otherwise(text)


def known_id(column: Column, kind: T.DataType, missing_values: tuple[str, ...]) -> Column:
    """A canonical id; what means "nothing" is null."""
    text = canonical_id(column, kind)
    longest = max((len(value.encode()) for value in missing_values), default=0)
    missing = (F.octet_length(text) <= longest) & F.lower(text).isin(*missing_values)
    return F.when(~missing, text)


def canonical(name: str, kinds: Mapping[str, T.DataType], missing_values: tuple[str, ...]) -> Column:
    """One of `IDS` as it is known: orders and products in capitals; null where the log has no such column."""
    if name not in kinds:
        return F.lit(None).cast(STRING)
    found = known_id(F.col(name), kinds[name], missing_values)
    return found if name == CUSTOMER_ID else F.upper(found)


def is_damaged(column: Column, kind: T.DataType) -> Column:
    """Whether an id holds signs that no id has."""
    return F.lit(False) if isinstance(kind, T.NumericType) else _as_text(column, kind).isNull() & column.isNotNull()


def has_damaged(kinds: Mapping[str, T.DataType]) -> Column:
    """Whether customer, order or product is damaged, of those that the log has."""
    damaged = [is_damaged(F.col(name), kinds[name]) for name in IDS if name in kinds]
    return reduce(or_, damaged, F.lit(False))


def plain_bits(ids: Mapping[str, Column], kinds: Mapping[str, T.DataType]) -> Column:
    """A bit for each of `IDS` that stands in the log as it is canonical.

    Parameters
    ----------
    ids
        Canonical ids by name.
    kinds
        Types of the log's columns: only text can stand there as it is.
    """
    texts = (name for name in IDS if isinstance(kinds.get(name), T.StringType))
    bits = (F.when(ids[name].eqNullSafe(F.col(name)), 1 << IDS.index(name)).otherwise(0) for name in texts)
    return reduce(Column.bitwiseOR, bits, F.lit(0))


def names_of_plain(bits: int) -> frozenset[str]:
    """The ids that bits stand for."""
    return frozenset(name for place, name in enumerate(IDS) if bits >> place & 1)


def _as_text(column: Column, kind: T.DataType) -> Column:
    """An id as text; where it holds more than ASCII, in usual letters, without what is invisible; null where it is damaged."""
    text = _whole(column, kind).cast(STRING)
    if isinstance(kind, T.NumericType):
        return text
    seen = _without_invisible(text)
    return F.when(~text.rlike(_SEEN), text).when(~seen.rlike(_DAMAGED), seen)


def _without_invisible(text: Column) -> Column:
    return F.translate(F.regexp_replace(F.regexp_replace(text, _INVISIBLE, ""), _EDGES, ""), _WIDE, _NARROW)


def _whole(column: Column, kind: T.DataType) -> Column:
    """A whole number kept as DOUBLE, written without exponent."""
    if not isinstance(kind, T.FloatType | T.DoubleType):
        return column
    is_whole = (column == F.rint(column)) & (F.abs(column) < 1e18)
    return F.when(is_whole, column.cast("decimal(19,0)").cast(STRING)).otherwise(column.cast(STRING))
