"""Typed attributes of a customer table, read by the types that the settings declare.

Every value becomes a number: the number itself, the index of a level, or 0 and 1.
"""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.ingest.ids import canonical_customer, canonical_id, known_id
from segmentation.ingest.lines import finite_number
from segmentation.schemas import CUSTOMER_ID, RECORD
from segmentation.settings import AttributeColumn, AttributesSettings

MAX_LEVELS = 12
"""Levels of a nominal attribute where the settings name none."""
OTHER = "other"

Levels = Mapping[str, tuple[str, ...]]
"""Levels of each nominal attribute. A value in none of them gets the index of `other`, or else the index after the last."""

_TRUE, _FALSE = ("true", "yes", "y", "t", "1"), ("false", "no", "n", "f", "0")
IS_UNREADABLE_ROW, UNREADABLE = "unreadable rows", "unreadable "
"""Columns of 0 and 1 that mark unreadable rows and values; the second is followed by the attribute's name."""


def source_columns(settings: AttributesSettings) -> dict[str, str]:
    """The columns to read, by the key of the settings that names them."""
    return {CUSTOMER_ID: settings.customer_id, **{_setting(name): column.column for name, column in settings.columns.items()}}


def rename_columns(table: DataFrame, settings: AttributesSettings) -> DataFrame:
    """The table as read by `source_columns`, with columns named after the attributes."""
    return table.withColumnsRenamed({_setting(name): name for name in settings.columns})


def _setting(name: str) -> str:
    return f"columns.{name}.column"


def attribute_levels(table: DataFrame, settings: AttributesSettings) -> dict[str, tuple[str, ...]]:
    """The levels of every nominal attribute: those of the settings, or else the most frequent, in order of name."""
    nominal = {name: column for name, column in settings.columns.items() if column.type == "nominal"}
    return {name: column.levels or _most_frequent(table, name, settings) for name, column in nominal.items()}


def _most_frequent(table: DataFrame, name: str, settings: AttributesSettings) -> tuple[str, ...]:
    text = known_id(F.col(name), table.schema[name].dataType, settings.missing_values)
    counted = table.where(F.col(RECORD).isNull() & text.isNotNull()).groupBy(F.lower(text).alias("level"))
    rows = counted.agg(F.count(F.lit(1)).alias("rows"), F.min(text).alias("name")).orderBy(F.desc("rows"), "level").limit(MAX_LEVELS)
    return tuple(sorted(row["name"] for row in rows.collect()))


def typed_attributes(table: DataFrame, settings: AttributesSettings, levels: Levels) -> DataFrame:
    """Each row of the table with `customer_id`, null where there is none, and the attributes as numbers."""
    kinds = {field.name: field.dataType for field in table.schema.fields}
    is_readable = F.col(RECORD).isNull()
    columns = [canonical_customer(table, settings.missing_values).alias(CUSTOMER_ID)]
    for name, column in settings.columns.items():
        text = _text(name, kinds[name], column, settings)
        value = _value(text, column, levels.get(name, ()))
        columns += [value.alias(name), (is_readable & text.isNotNull() & value.isNull()).cast("bigint").alias(UNREADABLE + name)]
    return table.select(*columns, (~is_readable).cast("bigint").alias(IS_UNREADABLE_ROW))


def _text(name: str, kind: T.DataType, column: AttributeColumn, settings: AttributesSettings) -> Column:
    """The attribute as text, null where it means "no value", unless it is one of the declared levels."""
    known = known_id(F.col(name), kind, settings.missing_values)
    if not column.levels:
        return known
    text = canonical_id(F.col(name), kind)
    return F.coalesce(F.when(F.lower(text).isin(*_lowered(column.levels)), text), known)


def _value(text: Column, column: AttributeColumn, levels: Sequence[str]) -> Column:
    match column.type:
        case "number":
            return finite_number(text, T.StringType())
        case "boolean":
            return F.when(F.lower(text).isin(*_TRUE), 1).when(F.lower(text).isin(*_FALSE), 0)
        case "ordinal":
            return _level_index(column.levels, text)
        case _:
            return F.coalesce(_level_index(levels, text), F.when(text.isNotNull(), other_index(levels)))


def other_index(levels: Sequence[str]) -> int:
    """The index for values in none of the levels: that of `other` if it is a level, or else the one after the last."""
    lowered = _lowered(levels)
    return lowered.index(OTHER) if OTHER in lowered else len(levels)


def _level_index(levels: Sequence[str], text: Column) -> Column:
    position = F.array_position(F.array(*map(F.lit, _lowered(levels))), F.lower(text)) if levels else F.lit(0)
    return F.when(position > 0, (position - 1).cast("int"))


def _lowered(levels: Sequence[str]) -> list[str]:
    return [level.strip().lower() for level in levels]
