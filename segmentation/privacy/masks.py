"""The shape of a text without the text: what is wrong with it shows, what it says does not."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.schemas import DISCOUNT_E4, ORDERED_AT, QUANTITY, SOURCE, STRING, UNIT_PRICE

_READ_AS = {"ordered_at": ORDERED_AT, "quantity": QUANTITY, "unit_price": UNIT_PRICE, "amount": UNIT_PRICE, "discount": DISCOUNT_E4}
"""By column of the log, what it was read as."""


def masked(text: Column) -> Column:
    """A text with 9 for every digit and x for every letter: 31/12/2024 is 99/99/9999."""
    return F.regexp_replace(F.regexp_replace(text, r"\p{N}", "9"), r"[\p{L}\p{M}]", "x")


def with_unreadable_masked(lines: DataFrame) -> DataFrame:
    """Typed lines whose `source` keeps of a time or number that cannot be read its shape alone: it may be an id in the wrong column."""
    source = F.col(SOURCE)
    for field in lines.select(f"{SOURCE}.*").schema.fields:
        if field.name in _READ_AS and field.dataType == STRING:
            text = F.col(SOURCE)[field.name]
            source = source.withField(field.name, F.when(F.col(_READ_AS[field.name]).isNull(), masked(text)).otherwise(text))
    return lines.withColumn(SOURCE, source)
