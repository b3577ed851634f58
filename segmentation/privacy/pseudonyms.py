"""Pseudonyms: HMAC-SHA-256 (RFC 2104) from Spark's own functions, so that equal ids under equal keys have equal pseudonyms.

A literal in a column stands in every plan, in `explain` and in the event log. So the key comes as rows instead, of which a plan tells
the columns alone, and in two shares, each of them random by itself: neither the file by which PySpark hands rows to Java nor anything
else on the way holds the key as such.
"""

import hashlib
import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

BLOCK_BYTES = 64
"""What SHA-256 takes at a time; a longer key counts as its hash."""

SHARE = T.StructType([T.StructField("words", T.ArrayType(T.LongType(), False), False)])
"""One row: the block of a key as eight BIGINT, covered by a pad, or that pad."""

_WORDS = f">{BLOCK_BYTES // 8}q"
_INNER, _OUTER = "pseudonym inner block", "pseudonym outer block"
_IPAD, _OPAD = 0x3636363636363636, 0x5C5C5C5C5C5C5C5C


@dataclass(frozen=True)
class Pseudonyms:
    """The pseudonyms of a run.

    Parameters
    ----------
    key_id
        Which key they are made with; it tells nothing about the key.
    blocks
        The key as `with_pseudonyms` takes it.
    """

    key_id: str
    blocks: DataFrame

    def told(self) -> dict[str, str]:
        """For the manifest."""
        return {"algorithm": "HMAC-SHA-256", "key_id": self.key_id}


def key_id(key: bytes) -> str:
    """What tells keys apart and nothing about them: 16 hexadecimal digits of the HMAC of a constant."""
    return hmac.new(key, b"segmentation: which key this is", hashlib.sha256).hexdigest()[:16]


def shares(key: bytes, pad: bytes) -> tuple[list[int], list[int]]:
    """The key's block as two rows of words, which only together tell it.

    Parameters
    ----------
    key
        Of any length.
    pad
        64 random bytes, new each time.
    """
    block = (hashlib.sha256(key).digest() if len(key) > BLOCK_BYTES else key).ljust(BLOCK_BYTES, b"\0")
    covered = bytes(one ^ other for one, other in zip(block, pad, strict=True))
    return list(struct.unpack(_WORDS, covered)), list(struct.unpack(_WORDS, pad))


def key_blocks(share: DataFrame, other: DataFrame) -> DataFrame:
    """One row: the key's block, xor ipad and xor opad, as RFC 2104 has it."""
    words = F.zip_with("one", "other", lambda one, other: one.bitwiseXOR(other))
    both = share.select(F.col("words").alias("one")).crossJoin(other.select(F.col("words").alias("other"))).select(words.alias("words"))
    return both.select(_padded(_IPAD).alias(_INNER), _padded(_OPAD).alias(_OUTER))


def with_pseudonyms(frame: DataFrame, blocks: DataFrame, ids: Mapping[str, Column]) -> DataFrame:
    """A table with pseudonyms in some of its columns, or beside them.

    Parameters
    ----------
    frame
        Any table.
    blocks
        Of the key.
    ids
        By column to fill, whose pseudonyms: canonical ids as text, null where there is none.

    Returns
    -------
    DataFrame
        The same rows, with 64 hexadecimal digits in those columns, null for null.
    """
    return keyed(frame, blocks, {name: _hmac(column) for name, column in ids.items()})


def keyed(frame: DataFrame, blocks: DataFrame, columns: Mapping[str, Column]) -> DataFrame:
    """A table with columns that need the key."""
    # A broadcast goes to the disk where memory runs short; what each task makes anew for itself does not.
    return frame.crossJoin(blocks.hint("shuffle_replicate_nl")).withColumns(dict(columns)).drop(_INNER, _OUTER)


def key_of_its_own(purpose: str) -> Column:
    """Another key of 32 bytes made of the key, for something else than pseudonyms; to be used in `keyed`."""
    return F.unhex(_hmac(F.lit(f"segmentation: the key of the {purpose}")))


def _padded(pad: int) -> Column:
    digits = F.transform("words", lambda word: F.lpad(F.hex(word.bitwiseXOR(F.lit(pad))), 16, "0"))
    return F.unhex(F.array_join(digits, ""))


def _hmac(message: Column) -> Column:
    inner = F.unhex(F.sha2(F.concat(F.col(_INNER), message.cast("binary")), 256))
    return F.sha2(F.concat(F.col(_OUTER), inner), 256)
