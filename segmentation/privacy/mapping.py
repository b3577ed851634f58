"""Which customer a pseudonym stands for: a table of its own, kept apart from everything that is published.

Gathering ids takes a shuffle, and that goes by the disk. So ids are encrypted (AES-GCM) before it, with a key made of the pseudonyms'
own, and only decrypted where the table is written.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.privacy.pseudonyms import Pseudonyms, key_of_its_own, keyed, with_pseudonyms
from segmentation.schemas import CUSTOMER_ID

PSEUDONYM, KEY_ID = "pseudonym", "key_id"
MAPPING = T.StructType([T.StructField(name, T.StringType()) for name in (PSEUDONYM, CUSTOMER_ID, KEY_ID)])
"""Grain: a customer and a key. Rows may repeat where two runs found the same customer at once."""

_SEALED = "sealed"
_PURPOSE = "mapping"


def sealed_ids(customers: Column, table: DataFrame, pseudonyms: Pseudonyms) -> DataFrame:
    """Each pseudonym once, with its customer id encrypted.

    Parameters
    ----------
    customers
        Canonical ids, null where a row has none.
    table
        Any table with customers.
    pseudonyms
        Of the run.
    """
    ids = table.select(customers.alias(CUSTOMER_ID)).where(F.col(CUSTOMER_ID).isNotNull())
    sealed = F.aes_encrypt(F.col(CUSTOMER_ID).cast("binary"), key_of_its_own(_PURPOSE))
    named = with_pseudonyms(keyed(ids, pseudonyms.blocks, {_SEALED: sealed}), pseudonyms.blocks, {PSEUDONYM: F.col(CUSTOMER_ID)})
    return named.groupBy(PSEUDONYM).agg(F.any_value(_SEALED).alias(_SEALED))


def without_known(sealed: DataFrame, mapping: DataFrame) -> DataFrame:
    """Pseudonyms that a mapping does not tell yet; of the mapping, its ids are not looked at."""
    return sealed.join(mapping.select(PSEUDONYM), PSEUDONYM, "left_anti")


def opened(sealed: DataFrame, pseudonyms: Pseudonyms) -> DataFrame:
    """Rows of the mapping, with ids as they are."""
    customer = F.aes_decrypt(F.col(_SEALED), key_of_its_own(_PURPOSE)).cast("string")
    return keyed(sealed, pseudonyms.blocks, {CUSTOMER_ID: customer}).select(PSEUDONYM, CUSTOMER_ID, F.lit(pseudonyms.key_id).alias(KEY_ID))
