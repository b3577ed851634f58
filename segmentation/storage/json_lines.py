"""JSON, one object a line, with what is no such line kept apart."""

import json

from pyspark.sql import DataFrame, SparkSession
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
    fields = ", ".join(f"`{name.replace('`', '``')}` STRING" for name in (*names, CORRUPT))
    options = {key: str(value) for key, value in source.options.items()}
    parsed = F.from_json(F.col(_LINE), fields, {**options, "mode": "PERMISSIVE", "columnNameOfCorruptRecord": CORRUPT})
    text = F.trim(F.col(_LINE))
    is_one = text.startswith("{") & text.endswith("}") & ~text.rlike(_ANOTHER_OBJECT)
    rows = lines.where(text != "").select(_LINE, F.when(is_one, parsed).alias(_OBJECT))
    found = {name: F.col(_OBJECT).getField(name) for name in (*names, CORRUPT)}
    found[CORRUPT] = F.when(F.col(_OBJECT).isNull(), F.col(_LINE)).otherwise(found[CORRUPT])
    return rows.select(*(value.alias(name) for name, value in found.items()))


def _keys(line: str) -> list[str]:
    try:
        found = json.loads(line)
    except (RecursionError, ValueError):
        return []
    return list(found) if isinstance(found, dict) else []
