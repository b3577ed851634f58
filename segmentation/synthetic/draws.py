"""Pseudorandom draws and look-ups as plain Spark columns: the same key gives the same draw on any cluster."""

from collections.abc import Iterable
from hashlib import blake2b

from pyspark.sql import Column
from pyspark.sql import functions as F

_MANTISSA_BITS = 53


def uniform(seed: int, purpose: str, key: Column) -> Column:
    """A number in [0, 1) for each key; draws for different purposes are independent."""
    digest = blake2b(f"{seed}/{purpose}".encode(), digest_size=8).digest()
    hashed = F.xxhash64(F.lit(int.from_bytes(digest, "big", signed=True)), key)
    return F.shiftrightunsigned(hashed, 64 - _MANTISSA_BITS) * F.lit(2.0**-_MANTISSA_BITS)


def pick(draw: Column, choices: int | Column) -> Column:
    """One of the whole numbers 0 to choices - 1."""
    return F.floor(draw * choices)


def bell(draw: Column) -> Column:
    """A bell-shaped number around 0, standard deviation 1 (the logistic curve's inverse)."""
    # The bounds keep a draw of exactly 0 or 1 from becoming infinite.
    inside = draw * 0.998 + 0.001
    return F.ln(inside / (1 - inside)) * F.lit(3**0.5 / 3.141592653589793)


def looked_up(values: Iterable[float | int], index: Column, kind: str = "double") -> Column:
    """The number at a 0-based position of a small constant table."""
    # One text that Spark folds into a constant: a literal per value would cost a call to the JVM each.
    return F.get(F.split(F.lit(",".join(map(repr, values))), ",").cast(f"array<{kind}>"), index)


def looked_up_text(values: Iterable[str], index: Column) -> Column:
    """The text at a 0-based position of a small constant table."""
    return F.get(F.split(F.lit("\n".join(values)), "\n"), index)


def above(bounds: Iterable[float], value: Column) -> Column:
    """How many of the bounds a value has reached."""
    return sum(((value >= bound).cast("int") for bound in bounds), F.lit(0))
