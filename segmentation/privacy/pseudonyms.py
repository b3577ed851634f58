"""Pseudonyms of customers: HMAC-SHA-256 (RFC 2104), computed by Spark's native functions.

A literal would appear in query plans, in `explain` and in the event log. So the key is passed as rows, of which a plan shows only the
columns, and as two shares, each of them random by itself: neither the file that passes rows from Python to Java nor anything else on the
way contains the key.
"""

import hashlib
import hmac
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation import storage
from segmentation.errors import ErasureError
from segmentation.schemas import CUSTOMER_ID
from segmentation.settings import PrivacySettings

BLOCK_BYTES = 64
"""Block size of SHA-256; a longer key is replaced by its hash."""

KEY_SHARE = T.StructType([T.StructField("words", T.ArrayType(T.LongType(), False), False)])
"""One row: the block of a key as eight BIGINT, xor a random pad; or that pad."""

_WORDS = f">{BLOCK_BYTES // 8}q"
_INNER, _OUTER = "pseudonym inner block", "pseudonym outer block"
_IPAD, _OPAD = 0x3636363636363636, 0x5C5C5C5C5C5C5C5C
PSEUDONYM, KEY_ID = "pseudonym", "key_id"
MAPPING = T.StructType([T.StructField(name, T.StringType()) for name in (PSEUDONYM, CUSTOMER_ID, KEY_ID)])
"""Grain: a customer and a key. Rows may repeat where two runs found the same customer at once."""
_ENCRYPTED = "encrypted"
_PURPOSE = "mapping"


@dataclass(frozen=True)
class Pseudonyms:
    """The pseudonyms of a run."""

    key_id: str  # identifies the key without revealing anything about it
    blocks: DataFrame  # the key, from `key_blocks`

    def to_manifest(self) -> dict[str, str]:
        """For the manifest."""
        return {"algorithm": "HMAC-SHA-256", "key_id": self.key_id}


def load_pseudonyms(spark: SparkSession, settings: PrivacySettings) -> Pseudonyms | None:
    """Read the key that the settings name; None where they ask for no pseudonyms.

    Raises SettingsError where the key is not where the settings say, or is unusable.
    """
    if settings.pseudonyms is None:
        return None
    key = storage.read_secret(settings.pseudonyms.key, "privacy.pseudonyms.key")
    shares = key_shares(key, secrets.token_bytes(BLOCK_BYTES))
    return Pseudonyms(key_id(key), key_blocks(*(storage.small_frame(spark, [{"words": words}], KEY_SHARE) for words in shares)))


def key_id(key: bytes) -> str:
    """An id of a key that reveals nothing about it: 16 hexadecimal digits of the HMAC of a constant."""
    return hmac.new(key, b"segmentation: which key this is", hashlib.sha256).hexdigest()[:16]


def key_shares(key: bytes, pad: bytes) -> tuple[list[int], list[int]]:
    """The key's block in two shares, of which each alone is random.

    `pad` is 64 random bytes, different each time.
    """
    block = (hashlib.sha256(key).digest() if len(key) > BLOCK_BYTES else key).ljust(BLOCK_BYTES, b"\0")
    masked_block = bytes(one ^ other for one, other in zip(block, pad, strict=True))
    return list(struct.unpack(_WORDS, masked_block)), list(struct.unpack(_WORDS, pad))


def key_blocks(share: DataFrame, other: DataFrame) -> DataFrame:
    """One row: the key's block xor ipad, and xor opad, as in RFC 2104."""
    words = F.zip_with("one", "other", lambda one, other: one.bitwiseXOR(other))
    both = share.select(F.col("words").alias("one")).crossJoin(other.select(F.col("words").alias("other"))).select(words.alias("words"))
    return both.select(_padded(_IPAD).alias(_INNER), _padded(_OPAD).alias(_OUTER))


def with_pseudonyms(frame: DataFrame, blocks: DataFrame, ids: Mapping[str, Column]) -> DataFrame:
    """A table with pseudonyms in some of its columns, or in additional ones.

    `ids` gives, by the column to fill, canonical ids as text, null where there is none. `blocks` are those of the key. A pseudonym has 64
    hexadecimal digits; null stays null.
    """
    return keyed(frame, blocks, {name: _hmac(column) for name, column in ids.items()})


def keyed(frame: DataFrame, blocks: DataFrame, columns: Mapping[str, Column]) -> DataFrame:
    """A table with columns that are computed from the key."""
    # Unlike a broadcast, which spills to disk when memory is short, the key is recomputed by each task.
    return frame.crossJoin(blocks.hint("shuffle_replicate_nl")).withColumns(dict(columns)).drop(_INNER, _OUTER)


def derived_key(purpose: str) -> Column:
    """A key of 32 bytes derived from the key, for another purpose than pseudonyms; for use in `keyed`."""
    return F.unhex(_hmac(F.lit(f"segmentation: the key of the {purpose}")))


def _padded(pad: int) -> Column:
    digits = F.transform("words", lambda word: F.lpad(F.hex(word.bitwiseXOR(F.lit(pad))), 16, "0"))
    return F.unhex(F.array_join(digits, ""))


def _hmac(message: Column) -> Column:
    inner = F.unhex(F.sha2(F.concat(F.col(_INNER), message.cast("binary")), 256))
    return F.sha2(F.concat(F.col(_OUTER), inner), 256)


def encrypted_ids(customers: Column, table: DataFrame, pseudonyms: Pseudonyms) -> DataFrame:
    """Each pseudonym of a table once, with its customer id encrypted; `customers` is the canonical id, null where a row has none."""
    ids = table.select(customers.alias(CUSTOMER_ID)).where(F.col(CUSTOMER_ID).isNotNull())
    encrypted = F.aes_encrypt(F.col(CUSTOMER_ID).cast("binary"), derived_key(_PURPOSE))
    named = with_pseudonyms(keyed(ids, pseudonyms.blocks, {_ENCRYPTED: encrypted}), pseudonyms.blocks, {PSEUDONYM: F.col(CUSTOMER_ID)})
    return named.groupBy(PSEUDONYM).agg(F.any_value(_ENCRYPTED).alias(_ENCRYPTED))


def without_mapped(encrypted: DataFrame, mapping: DataFrame) -> DataFrame:
    """Pseudonyms that the mapping does not contain yet; its ids are not read."""
    return encrypted.join(mapping.select(PSEUDONYM), PSEUDONYM, "left_anti")


def decrypted_mapping(encrypted: DataFrame, pseudonyms: Pseudonyms) -> DataFrame:
    """Rows of the mapping, with decrypted ids."""
    customer = F.aes_decrypt(F.col(_ENCRYPTED), derived_key(_PURPOSE)).cast("string")
    rows = keyed(encrypted, pseudonyms.blocks, {CUSTOMER_ID: customer})
    return rows.select(PSEUDONYM, CUSTOMER_ID, F.lit(pseudonyms.key_id).alias(KEY_ID))


def load_mapping(spark: SparkSession, settings: PrivacySettings) -> DataFrame | None:
    """Every row of the mapping, under earlier keys too; None where the settings ask for none or nothing has been written yet."""
    path = settings.pseudonyms.mapping_path if settings.pseudonyms else None
    return read_mapping(spark, path) if path and storage.exists(path) else None


def read_mapping(spark: SparkSession, path: str) -> DataFrame:
    """The mapping in a folder: pseudonym, customer_id, key_id, and the run_id of the run that found the customer first."""
    return storage.read_table(spark, path, MAPPING)


def remove_from_mapping(spark: SparkSession, settings: PrivacySettings, people: DataFrame) -> int:
    """Delete people's rows from the mapping, under every key, and return how many there were.

    The remaining rows of a folder are written to a new folder before the old one is deleted. If this is interrupted, rows exist twice,
    which does no harm, and the next erasure deletes the old ones.

    `people` is one column of canonical ids. Raises ErasureError where some rows are still there.
    """
    path = settings.pseudonyms.mapping_path if settings.pseudonyms else None
    if path is None or not storage.exists(path):
        return 0
    ids = people.toDF(CUSTOMER_ID)
    folders = [storage.join(path, name) for name in storage.list_names(path) if name.startswith("run_id=")]
    rows = sum(_remove_from_folder(spark, folder, ids) for folder in folders)
    if left := read_mapping(spark, path).join(ids, CUSTOMER_ID, "left_semi").count():
        raise ErasureError(f"privacy.pseudonyms.mapping_path: {left:,} rows of them are still there. Is a run under way? Run this again")
    return rows


def _remove_from_folder(spark: SparkSession, folder: str, ids: DataFrame) -> int:
    rows = storage.read_table(spark, folder, MAPPING)
    n_removed, others = rows.join(ids, CUSTOMER_ID, "left_semi").count(), rows.join(ids, CUSTOMER_ID, "left_anti")
    if n_removed:
        if others.count():
            storage.write_table(others.select(*MAPPING.names), _unused_folder(folder))
        storage.remove(folder)
    return n_removed


def _unused_folder(folder: str) -> str:
    return next(name for number in count(1) if not storage.exists(name := f"{folder}-r{number}"))
