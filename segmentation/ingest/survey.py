"""One look over all lines before any is gathered: how many there are, in which categories, and what came back."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.ingest.cancellations import RETURN_KEY, return_key
from segmentation.ingest.rules import IS_REJECTED
from segmentation.schemas import AMOUNT_E4, CATEGORY, IS_RETURN, LINES, SPEND_E4


def surveyed(lines: DataFrame) -> DataFrame:
    """Lines counted by what later steps must know of all of them.

    Parameters
    ----------
    lines
        Every line of the log with `is_rejected`.

    Returns
    -------
    DataFrame
        Grain (is_rejected, category, return_key): lines; amount_e4, signed; spend_e4, of purchases alone. `return_key`
        is null but for accepted returns, so that there are about as many rows as these.
    """
    is_return = F.col(IS_RETURN)
    key = F.when(is_return & ~F.col(IS_REJECTED), return_key())
    return (
        lines.select(IS_REJECTED, CATEGORY, key.alias(RETURN_KEY), AMOUNT_E4, F.when(~is_return, F.col(AMOUNT_E4)).alias(SPEND_E4))
        .groupBy(IS_REJECTED, CATEGORY, RETURN_KEY)
        .agg(F.count(F.lit(1)).alias(LINES), F.sum(AMOUNT_E4).alias(AMOUNT_E4), F.sum(SPEND_E4).alias(SPEND_E4))
    )
