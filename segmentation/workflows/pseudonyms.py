"""Customer ids replaced where they are first made canonical, so that nothing after it holds any."""

import secrets
from collections.abc import Collection

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.context import small_frame
from segmentation.ingest.ids import is_damaged, known_id
from segmentation.privacy.pseudonyms import BLOCK_BYTES, SHARE, Pseudonyms, key_blocks, key_id, shares, with_pseudonyms
from segmentation.schemas import BESIDE_LINE, CUSTOMER_ID, HAS_UNREADABLE_ID, IS_ERASED, RECORD, named
from segmentation.settings import PrivacySettings

_DAMAGED = "\ufffd"
"""What an id that is none is replaced by: no id holds it, so that the line is rejected for it."""


def pseudonyms_of(spark: SparkSession, settings: PrivacySettings) -> Pseudonyms | None:
    """The pseudonyms the settings ask for, their key read now; None where they ask for none.

    Raises
    ------
    SettingsError
        The key is not where the settings say, or is no good.
    """
    if settings.pseudonyms is None:
        return None
    key = storage.read_secret(settings.pseudonyms.key, "privacy.pseudonyms.key")
    share, other = (small_frame(spark, [{"words": words}], SHARE) for words in shares(key, secrets.token_bytes(BLOCK_BYTES)))
    return Pseudonyms(key_id(key), key_blocks(share, other))


def under_pseudonyms(table: DataFrame, pseudonyms: Pseudonyms | None, missing_values: Collection[str]) -> DataFrame:
    """A user's table with each customer's pseudonym as `customer_id`, STRING.

    Of a record that could not be read nothing is known of where in it the id stands: its columns are emptied, and `record` is a keyed
    hash of its text. Of an id that is damaged nothing is left but a sign of that.

    Parameters
    ----------
    table
        The mapped columns under our names, and `record`.
    pseudonyms
        None leaves the table as it is.
    missing_values
        Texts that mean "nothing".
    """
    if pseudonyms is None:
        return table
    whole = F.col(RECORD).isNull()
    emptied = {name: F.when(whole, named(name)) for name in table.columns if name not in (CUSTOMER_ID, RECORD, IS_ERASED, *BESIDE_LINE)}
    known = {CUSTOMER_ID: canonical_customer(table, missing_values), HAS_UNREADABLE_ID: whole & _is_damaged(table)}
    hashed = {CUSTOMER_ID: F.col(CUSTOMER_ID), RECORD: F.concat(F.lit("record "), RECORD)}
    replaced = with_pseudonyms(table.withColumns({**emptied, **known}), pseudonyms.blocks, hashed)
    damaged = F.when(F.col(HAS_UNREADABLE_ID), F.lit(_DAMAGED)).otherwise(F.col(CUSTOMER_ID))
    return replaced.withColumn(CUSTOMER_ID, damaged).drop(HAS_UNREADABLE_ID)


def _is_damaged(table: DataFrame) -> Column:
    return is_damaged(F.col(CUSTOMER_ID), table.schema[CUSTOMER_ID].dataType)


def canonical_customer(table: DataFrame, missing_values: Collection[str]) -> Column:
    """The canonical customer id of each row of a user's table, null where there is none or the record could not be read."""
    return F.when(F.col(RECORD).isNull(), known_id(F.col(CUSTOMER_ID), table.schema[CUSTOMER_ID].dataType, tuple(missing_values)))
