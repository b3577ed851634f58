"""People who were erased and must not come back with the next run: known by salted digests alone.

A digest tells nobody's id, but whoever holds both the digests and a list of ids can tell which of these were erased: ids are too few to
be hidden by any hash. It is kept so that the log, which is the retailer's, brings nobody back.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.privacy.erasure import SAID, said_by, words_of
from segmentation.schemas import CUSTOMER_ID, IS_ERASED, RECORD, SOURCE, named

DIGEST, WORDS_DIGEST, WORDS = "digest", "words_digest", "words"
_SALT = "salt of digests"


def digests(ids: DataFrame, salt: DataFrame) -> DataFrame:
    """What is kept of people: `digest` of the id, `words_digest` of its words, and how many `words` these are.

    Parameters
    ----------
    ids
        `customer_id`, canonical, once each.
    salt
        One row, `value`: a literal would stand in every plan.
    """
    words = words_of(F.col(CUSTOMER_ID))
    whole = _digested(ids.withColumns({WORDS: F.size(words), SAID: F.array_join(words, " ")}), F.col(CUSTOMER_ID), salt)
    by_words = _digested(whole.withColumnRenamed(DIGEST, "whole"), F.col(SAID), salt)
    return by_words.select(F.col("whole").alias(DIGEST), F.col(DIGEST).alias(WORDS_DIGEST), WORDS)


def marked(log: DataFrame, customer: Column, listed: DataFrame, salt: DataFrame, records: bool = True) -> DataFrame:
    """The log with `is_erased`: whether a line's customer, or the text of a broken one, names somebody on the list.

    Parameters
    ----------
    log
        As it stands, with `record`.
    customer
        The canonical id of each line, null without one.
    listed
        As `digests`, of every erasure so far.
    salt
        As for these.
    records
        Whether the texts of broken lines are looked at: only where they are kept.
    """
    # Broadcast, so that no line is sent about, and by the disk, with its id.
    of_people = F.broadcast(listed.select(DIGEST, F.lit(True).alias("is_listed")).distinct())
    lines = _digested(log, customer, salt).join(of_people, DIGEST, "left").drop(DIGEST)
    if not records:
        return lines.select(*map(named, log.columns), F.col("is_listed").isNotNull().alias(IS_ERASED))
    # With another column: Spark refuses to read the texts of broken CSV lines alone.
    broken = log.where(F.col(RECORD).isNotNull()).select(RECORD, CUSTOMER_ID).distinct()
    said = _digested(said_by(broken, RECORD, _longest(listed)), F.col(SAID), salt)
    told = said.join(listed.select(F.col(WORDS_DIGEST).alias(DIGEST)), DIGEST, "left_semi").select(RECORD, F.lit(True).alias("is_told"))
    is_erased = F.col("is_listed").isNotNull() | F.col("is_told").isNotNull()
    return lines.join(F.broadcast(told.distinct()), RECORD, "left").select(*map(named, log.columns), is_erased.alias(IS_ERASED))


def blanked(lines: DataFrame) -> DataFrame:
    """Lines with nothing left in those of erased people but their amount and why they are rejected, so that the accounting adds up."""
    return lines.withColumns({name: F.when(~F.col(IS_ERASED), F.col(name)) for name in (CUSTOMER_ID, SOURCE, RECORD)}).drop(IS_ERASED)


def left_over(rows: DataFrame, customer: Column, listed: DataFrame, salt: DataFrame) -> DataFrame:
    """Rows of a customer table that are of nobody on the list; parameters as of `marked`."""
    kept = _digested(rows, customer, salt).join(F.broadcast(listed.select(DIGEST)), DIGEST, "left_anti")
    return kept.select(*map(named, rows.columns))


def _longest(listed: DataFrame) -> int:
    return int(listed.agg(F.coalesce(F.max(WORDS), F.lit(1))).collect()[0][0])


def _digested(rows: DataFrame, text: Column, salt: DataFrame) -> DataFrame:
    """Rows with the digest of a text; null for null, which is joined to nothing."""
    salted = rows.crossJoin(F.broadcast(salt.select(F.col("value").alias(_SALT))))
    return salted.withColumn(DIGEST, F.sha2(F.concat(F.col(_SALT), F.lit(" "), text), 256)).drop(_SALT)
