"""JSON, one object a line, with what is no such line kept apart."""

import json
from collections.abc import Iterable, Mapping

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation.schemas import STRING
from segmentation.storage.files import spark_path
from segmentation.storage.source import CORRUPT, Source

_LINES_LOOKED_AT = 1000
_LINE, _OBJECT = "__line", "__object"
_ANOTHER_OBJECT = r'\}\s*\{\s*"(?:[^"\\]|\\.)*"\s*:'
"""An object right behind another. In a text, where the same signs may stand, a quote would be escaped."""


def json_lines(spark: SparkSession, source: Source) -> DataFrame:
    """Every field of the first lines as text; a scan of the whole log for its schema would read it twice.

    A line is one object or cannot be read: Spark's own reader takes the first of several objects and passes over the others.
    """
    lines = spark.read.options(**source.options).text(spark_path(source.path)).select(F.col("value").alias(_LINE))
    names = dict.fromkeys(name for row in lines.limit(_LINES_LOOKED_AT).collect() for name in _keys(row[_LINE]))
    if not names:
        return lines.select(F.lit(None).cast(STRING).alias(CORRUPT))
    options = {key: str(value) for key, value in source.options.items()}
    rows = lines.where(F.trim(F.col(_LINE)) != "").select(_LINE, object_of(F.col(_LINE), names, options).alias(_OBJECT))
    return rows.select(*(value.alias(name) for name, value in fields_of(_LINE, _OBJECT, names).items()))


def object_of(text: Column, names: Iterable[str], options: Mapping[str, str]) -> Column:
    """A JSON object's fields as texts, and what cannot be read of it; null where the text is not one object."""
    fields = ", ".join(f"`{name.replace('`', '``')}` STRING" for name in (*names, CORRUPT))
    parsed = F.from_json(text, fields, {**options, "mode": "PERMISSIVE", "columnNameOfCorruptRecord": CORRUPT})
    trimmed = F.trim(text)
    is_one = trimmed.startswith("{") & trimmed.endswith("}") & ~trimmed.rlike(_ANOTHER_OBJECT)
    return F.when(is_one, parsed)


def fields_of(text: str, parsed: str, names: Iterable[str]) -> dict[str, Column]:
    """A parsed text's fields by name, and the text itself as the unreadable record where it could not be parsed."""
    found = {name: F.col(parsed).getField(name) for name in (*names, CORRUPT)}
    return found | {CORRUPT: F.when(F.col(parsed).isNull(), F.col(text)).otherwise(found[CORRUPT])}


def _keys(line: str) -> list[str]:
    try:
        found = json.loads(line)
    except (RecursionError, ValueError):
        return []
    return list(found) if isinstance(found, dict) else []
