"""The mapping of pseudonyms to customers: a private table outside of everything that is published.

Deduplicating ids takes a shuffle, which may spill to disk. So ids are encrypted (AES-GCM) before the shuffle, with a key derived from
that of the pseudonyms, and decrypted only where the table is written.
"""

from itertools import count

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation import storage
from segmentation.errors import ErasureError
from segmentation.privacy.pseudonyms import Pseudonyms, derived_key, keyed, with_pseudonyms
from segmentation.schemas import CUSTOMER_ID
from segmentation.settings import PrivacySettings

PSEUDONYM, KEY_ID = "pseudonym", "key_id"
MAPPING = T.StructType([T.StructField(name, T.StringType()) for name in (PSEUDONYM, CUSTOMER_ID, KEY_ID)])
"""Grain: a customer and a key. Rows may repeat where two runs found the same customer at once."""

_ENCRYPTED = "encrypted"
_PURPOSE = "mapping"


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

    Parameters
    ----------
    spark
        The session.
    settings
        With the mapping's path.
    people
        One column, canonical ids.

    Raises
    ------
    ErasureError
        Some rows are still there.
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
