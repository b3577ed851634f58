"""Messages of a topic as lines of the log: JSON objects or CSV rows, and what is neither kept apart."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.schemas import ARRIVED_AT, MESSAGE, STRING, named
from segmentation.storage.json_lines import fields_of, object_of
from segmentation.storage.source import CORRUPT

TOPIC, PARTITION, OFFSET = "topic", "partition", "offset"
KEY = "message_key"
_TEXT, _PARSED = "__text", "__parsed"
_OF_FILES = {"header", "enforceschema", "columnpruning", "inferschema", "samplingratio", "multiline", "mode", "encoding", "charset"}
"""Options, in small letters, that say how a file is read, and nothing of a row."""


def lines_of_messages(
    messages: DataFrame, value: Literal["json", "csv"], names: Iterable[str], layout: Iterable[str], options: Mapping[str, Any]
) -> DataFrame:
    """One row a message: its fields as texts by their own names, and where it lies.

    Parameters
    ----------
    messages
        As Kafka has them: key, value, topic, partition, offset, timestamp.
    value
        What a value is.
    names
        Fields that are read of an object.
    layout
        Columns of a row, in their order.
    options
        Spark's, of how a row or an object is written.

    Returns
    -------
    DataFrame
        The fields; a record that is none, as its text without a line's end (empty for no value at all); message_key, BINARY; message:
        topic, partition and offset; arrived_at: Kafka's timestamp.
    """
    fields = list(layout if value == "csv" else names)
    told = {key: str(given) for key, given in options.items() if key.lower() not in _OF_FILES}
    text = F.regexp_replace(F.coalesce(F.make_valid_utf8(F.col("value").cast(STRING)), F.lit("")), r"[\r\n]+$", "")
    parse = _row_of if value == "csv" else object_of
    rows = messages.select(
        text.alias(_TEXT),
        F.col("key").alias(KEY),
        F.struct(TOPIC, PARTITION, OFFSET).alias(MESSAGE),
        F.col("timestamp").alias(ARRIVED_AT),
    ).withColumn(_PARSED, parse(F.col(_TEXT), fields, told))
    found = fields_of(_TEXT, _PARSED, fields)
    nothing = F.coalesce(*(found[name] for name in fields)).isNull()
    record = F.when(nothing, F.col(_TEXT)).otherwise(found.pop(CORRUPT))
    return rows.select(*(column.alias(name) for name, column in found.items()), record.alias(CORRUPT), KEY, MESSAGE, ARRIVED_AT)


def _row_of(text: Column, names: list[str], options: Mapping[str, str]) -> Column:
    """A CSV row; null for several, of which Spark would take the first and pass over the others."""
    fields = ", ".join(f"`{name.replace('`', '``')}` STRING" for name in (*names, CORRUPT))
    keeping = {"escape": '"', **options, "mode": "PERMISSIVE", "columnNameOfCorruptRecord": CORRUPT}
    quote = options.get("quote", '"')
    unquoted = F.regexp_replace(text, rf"\Q{quote}\E[^{_escaped(quote)}]*\Q{quote}\E", "") if quote else text
    return F.when(~unquoted.rlike(r"[\r\n]"), F.from_csv(text, fields, keeping))


def _escaped(sign: str) -> str:
    return f"\\{sign}" if sign in "\\]^-[" else sign


def line_name(columns: Iterable[str]) -> Column:
    """Some columns as one text that is equal for equal ones alone; null where one of them is."""
    parts = [named(name).cast(STRING) for name in columns]
    whole = F.lit(True)
    for part in parts:
        whole = whole & part.isNotNull()
    return F.when(whole, F.to_json(F.array(*parts))) if parts else F.lit(None).cast(STRING)
