"""The denylist of erased people, stored as salted digests below the output root, so that later runs reject their lines.

A digest does not contain the id, but somebody who holds both the digests and a list of ids can find out who was erased: there are too
few possible ids for a hash to hide them. The list is necessary because the log belongs to the retailer and may still contain these people.
On disk it is one salt and a table of digests for each erasure.
"""

import secrets
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.privacy.id_matching import NGRAM, with_ngrams, words_of
from segmentation.schemas import CUSTOMER_ID, IS_ERASED, RECORD, SOURCE, named

FOLDER = "erased"
DIGEST, WORDS_DIGEST, WORDS = "digest", "words_digest", "words"
_SALT_FILE = "salt.txt"
_SALT = "salt of digests"


@dataclass(frozen=True)
class Denylist:
    """Digests of all erased people (see `digests`), and the one-row frame of the salt they were made with."""

    digests: DataFrame
    salt: DataFrame


def load_denylist(spark: SparkSession, root: str) -> Denylist | None:
    """The denylist below an output root; None before the first erasure."""
    folder = storage.join(root, FOLDER)
    erasures = [storage.join(folder, name) for name in storage.list_names(folder) if name != _SALT_FILE]
    # A table without files was interrupted before its end, and nobody was erased for it.
    tables = [storage.read_table(spark, path) for path in erasures if any(name.endswith(".parquet") for name in storage.list_names(path))]
    return Denylist(reduce(DataFrame.unionByName, tables), _read_salt(spark, root)) if tables else None


def extend_denylist(spark: SparkSession, root: str, erasure_id: str, ids: DataFrame) -> None:
    """Add people to the denylist; `ids` is a frame of canonical `customer_id`, each once."""
    folder = storage.join(root, FOLDER)
    storage.make_folder(folder)
    if not storage.exists(storage.join(folder, _SALT_FILE)):
        storage.write_text(storage.join(folder, _SALT_FILE), secrets.token_hex(32))
    storage.write_table(digests(ids, _read_salt(spark, root)).coalesce(1), storage.join(folder, erasure_id))


def digests(ids: DataFrame, salt: DataFrame) -> DataFrame:
    """What is stored of each person: `digest` of the id, `words_digest` of its words, and the number of `words`.

    `ids` has each canonical `customer_id` once. `salt` is one row, `value`: a literal would appear in every query plan.
    """
    words = words_of(F.col(CUSTOMER_ID))
    by_id = _digested(ids.withColumns({WORDS: F.size(words), NGRAM: F.array_join(words, " ")}), F.col(CUSTOMER_ID), salt)
    by_words = _digested(by_id.withColumnRenamed(DIGEST, "id_digest"), F.col(NGRAM), salt)
    return by_words.select(F.col("id_digest").alias(DIGEST), F.col(DIGEST).alias(WORDS_DIGEST), WORDS)


def with_is_erased(log: DataFrame, customer: Column, denylist: Denylist, records: bool = True) -> DataFrame:
    """The log with `is_erased`: whether a line's customer, or the text of an unreadable record, names somebody on the denylist.

    `log` has the log's columns and `record`. `customer` is the canonical id of each line, null where there is none. `records` tells whether
    to search the texts of unreadable records, which is needed only where these texts are stored.
    """
    # Broadcast, so that no line with its id is shuffled and spilled to disk.
    erased_ids = F.broadcast(denylist.digests.select(DIGEST, F.lit(True).alias("is_listed")).distinct())
    lines = _digested(log, customer, denylist.salt).join(erased_ids, DIGEST, "left").drop(DIGEST)
    if not records:
        return lines.select(*map(named, log.columns), F.col("is_listed").isNotNull().alias(IS_ERASED))
    # With another column: Spark refuses to read the unreadable records of a CSV file alone.
    unreadable = log.where(F.col(RECORD).isNotNull()).select(RECORD, CUSTOMER_ID).distinct()
    ngrams = _digested(with_ngrams(unreadable, RECORD, _longest(denylist.digests)), F.col(NGRAM), denylist.salt)
    erased_words = denylist.digests.select(F.col(WORDS_DIGEST).alias(DIGEST))
    naming = ngrams.join(erased_words, DIGEST, "left_semi").select(RECORD, F.lit(True).alias("is_naming")).distinct()
    is_erased = F.col("is_listed").isNotNull() | F.col("is_naming").isNotNull()
    return lines.join(F.broadcast(naming), RECORD, "left").select(*map(named, log.columns), is_erased.alias(IS_ERASED))


def redacted(lines: DataFrame) -> DataFrame:
    """Lines in which those of erased people have only their amount and rejection reasons left, so that the accounting adds up."""
    return lines.withColumns({name: F.when(~F.col(IS_ERASED), F.col(name)) for name in (CUSTOMER_ID, SOURCE, RECORD)}).drop(IS_ERASED)


def without_erased(rows: DataFrame, customer: Column, denylist: Denylist | None) -> DataFrame:
    """Rows whose canonical `customer` is not on the denylist."""
    if denylist is None:
        return rows
    others = _digested(rows, customer, denylist.salt).join(F.broadcast(denylist.digests.select(DIGEST)), DIGEST, "left_anti")
    return others.select(*map(named, rows.columns))


def _read_salt(spark: SparkSession, root: str) -> DataFrame:
    return storage.read_text_rows(spark, storage.join(root, FOLDER, _SALT_FILE))


def _longest(listed: DataFrame) -> int:
    return int(listed.agg(F.coalesce(F.max(WORDS), F.lit(1))).collect()[0][0])


def _digested(rows: DataFrame, text: Column, salt: DataFrame) -> DataFrame:
    """Rows with the digest of a text; null for null, which is joined to nothing."""
    salted = rows.crossJoin(F.broadcast(salt.select(F.col("value").alias(_SALT))))
    return salted.withColumn(DIGEST, F.sha2(F.concat(F.col(_SALT), F.lit(" "), text), 256)).drop(_SALT)
