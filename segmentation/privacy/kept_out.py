"""People who were erased and must not come back with the next run: known by salted digests alone.

A digest tells nobody's id, but whoever holds both the digests and a list of ids can tell which of these were erased: ids are too few to
be hidden by any hash. It is kept so that the log, which is the retailer's, brings nobody back.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.privacy.erasure import said_by, words_of
from segmentation.schemas import CUSTOMER_ID, IS_ERASED, RECORD, SOURCE

DIGEST, WORDS_DIGEST, WORDS = "digest", "words_digest", "words"
_SALT = "salt"


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
    salted = _salted(ids, salt)
    return salted.select(
        _digest(F.col(CUSTOMER_ID)).alias(DIGEST), _digest(F.array_join(words, " ")).alias(WORDS_DIGEST), F.size(words).alias(WORDS)
    )


def marked(lines: DataFrame, listed: DataFrame, salt: DataFrame) -> DataFrame:
    """Lines with `is_erased`: whether their customer, or the text of a broken one, names somebody on the list.

    Parameters
    ----------
    lines
        Typed, each with its customer, null without one, and `record`.
    listed
        As `digests`, of every erasure so far.
    salt
        As for these.
    """
    by_id = listed.select(DIGEST, F.lit(True).alias("is_listed")).distinct()
    found = _salted(lines, salt).withColumn(DIGEST, _digest(F.col(CUSTOMER_ID))).drop(_SALT).join(by_id, DIGEST, "left").drop(DIGEST)
    broken = lines.where(F.col(RECORD).isNotNull()).select(RECORD).distinct()
    said = _salted(said_by(broken, RECORD, _longest(listed)), salt).withColumn(WORDS_DIGEST, _digest(F.col("said")))
    theirs = said.join(listed.select(WORDS_DIGEST), WORDS_DIGEST, "left_semi").select(RECORD, F.lit(True).alias("is_told")).distinct()
    is_erased = F.col("is_listed").isNotNull() | F.col("is_told").isNotNull()
    return found.join(theirs, RECORD, "left").select(*lines.columns, is_erased.alias(IS_ERASED))


def blanked(lines: DataFrame) -> DataFrame:
    """Lines with nothing left in those of erased people but their amount and why they are rejected, so that the accounting adds up."""
    return lines.withColumns({name: F.when(~F.col(IS_ERASED), F.col(name)) for name in (CUSTOMER_ID, SOURCE, RECORD)}).drop(IS_ERASED)


def left_over(rows: DataFrame, listed: DataFrame, salt: DataFrame) -> DataFrame:
    """Rows of a customer table that are of nobody on the list."""
    digested = _salted(rows, salt).withColumn(DIGEST, _digest(F.col(CUSTOMER_ID))).drop(_SALT)
    return digested.join(listed.select(DIGEST), DIGEST, "left_anti").drop(DIGEST).select(*rows.columns)


def _longest(listed: DataFrame) -> int:
    return int(listed.agg(F.coalesce(F.max(WORDS), F.lit(1))).collect()[0][0])


def _salted(rows: DataFrame, salt: DataFrame) -> DataFrame:
    return rows.crossJoin(F.broadcast(salt.select(F.col("value").alias(_SALT))))


def _digest(text: Column) -> Column:
    return F.sha2(F.concat(F.col(_SALT), F.lit(" "), text), 256)
