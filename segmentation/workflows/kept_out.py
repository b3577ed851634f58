"""The list of people who were erased: a salt, and a table of digests for each erasure, below the output root."""

import secrets
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame, SparkSession

from segmentation import storage
from segmentation.privacy.kept_out import digests

FOLDER = "erased"
_SALT = "salt.txt"


@dataclass(frozen=True)
class KeptOut:
    """Digests of all who were erased, and the salt they were made with, as a row."""

    digests: DataFrame
    salt: DataFrame


def kept_out(spark: SparkSession, root: str) -> KeptOut | None:
    """Who must not come back; None before the first erasure."""
    folder = storage.join(root, FOLDER)
    acts = [storage.join(folder, act) for act in storage.names_in(folder) if act != _SALT]
    # A list that was cut off before its end holds no file yet, and nobody was erased for it.
    tables = [storage.read_table(spark, act) for act in acts if any(name.endswith(".parquet") for name in storage.names_in(act))]
    return KeptOut(reduce(DataFrame.unionByName, tables), _salt(spark, root)) if tables else None


def keep_out(spark: SparkSession, root: str, act: str, ids: DataFrame) -> None:
    """Add people to the list.

    Parameters
    ----------
    spark
        The session.
    root
        Of the output.
    act
        Names the erasure.
    ids
        `customer_id`, canonical, once each.
    """
    folder = storage.join(root, FOLDER)
    storage.make_folder(folder)
    if not storage.exists(storage.join(folder, _SALT)):
        storage.write_text(storage.join(folder, _SALT), secrets.token_hex(32))
    storage.write_table(digests(ids, _salt(spark, root)).coalesce(1), storage.join(folder, act))


def _salt(spark: SparkSession, root: str) -> DataFrame:
    return storage.read_lines(spark, storage.join(root, FOLDER, _SALT))
