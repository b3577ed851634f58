"""Masks of unreadable values: their shape shows what is wrong with them, their content is removed."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.schemas import DISCOUNT_E4, ORDERED_AT, QUANTITY, SOURCE, STRING, UNIT_PRICE

_PARSED_TO = {"ordered_at": ORDERED_AT, "quantity": QUANTITY, "unit_price": UNIT_PRICE, "amount": UNIT_PRICE, "discount": DISCOUNT_E4}
"""By column of the log, the typed column it is parsed to."""


def masked(text: Column) -> Column:
    """A text with 9 for every digit and x for every letter: 31/12/2024 is 99/99/9999."""
    return F.regexp_replace(F.regexp_replace(text, r"\p{N}", "9"), r"[\p{L}\p{M}]", "x")


def with_unreadable_masked(lines: DataFrame) -> DataFrame:
    """Typed lines with a mask in `source` for each time or number that cannot be parsed: it may be an id in the wrong column."""
    source = F.col(SOURCE)
    for field in lines.select(f"{SOURCE}.*").schema.fields:
        if field.name in _PARSED_TO and field.dataType == STRING:
            text = F.col(SOURCE)[field.name]
            source = source.withField(field.name, F.when(F.col(_PARSED_TO[field.name]).isNull(), masked(text)).otherwise(text))
    return lines.withColumn(SOURCE, source)
