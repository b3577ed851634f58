"""One look over all lines before any is gathered: how many there are, in which categories, and what came back."""

from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.ingest.accounting import Tally
from segmentation.ingest.cancellations import RETURN_KEY, return_key
from segmentation.ingest.ids import names_of_plain
from segmentation.ingest.rules import IS_REJECTED
from segmentation.schemas import AMOUNT_E4, CATEGORY, IS_RETURN, LINES, PLAIN_IDS, SPEND_E4


def surveyed(lines: DataFrame) -> DataFrame:
    """Lines counted by what later steps must know of all of them.

    Parameters
    ----------
    lines
        Every line of the log with `is_rejected`.

    Returns
    -------
    DataFrame
        Grain (is_rejected, category, return_key): lines; amount_e4, signed; spend_e4, of purchases alone; plain_ids, those
        of all these lines. `return_key` is null but for accepted returns, so that there are about as many rows as these.
    """
    is_return = F.col(IS_RETURN)
    key = F.when(is_return & ~F.col(IS_REJECTED), return_key()).alias(RETURN_KEY)
    spend = F.when(~is_return, F.col(AMOUNT_E4)).alias(SPEND_E4)
    return (
        lines.select(IS_REJECTED, CATEGORY, key, AMOUNT_E4, spend, PLAIN_IDS)
        .groupBy(IS_REJECTED, CATEGORY, RETURN_KEY)
        .agg(
            F.count(F.lit(1)).alias(LINES),
            *(F.sum(name).alias(name) for name in (AMOUNT_E4, SPEND_E4)),
            F.bit_and(PLAIN_IDS).alias(PLAIN_IDS),
        )
    )


class Overview(NamedTuple):
    """All lines read, counted apart from what becomes of them, and the ids that are canonical as they stand on each of them."""

    read: Tally
    plain: frozenset[str]


def overview(survey: DataFrame) -> Overview:
    """What the survey tells of all lines."""
    sums = (F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in (LINES, AMOUNT_E4))
    row = survey.agg(*sums, F.coalesce(F.bit_and(PLAIN_IDS), F.lit(0)).alias(PLAIN_IDS)).collect()[0]
    return Overview(Tally(row[LINES], row[AMOUNT_E4]), names_of_plain(row[PLAIN_IDS]))
