"""A customer table's rows, each value read by the type the settings declare and never guessed.

Inside, every value is a number: the number itself, the place of a level, or 0 and 1.
"""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.ingest.ids import canonical_id, known_id
from segmentation.ingest.lines import finite_number
from segmentation.schemas import CUSTOMER_ID, RECORD
from segmentation.settings import AttributeColumn, AttributesSettings

MOST_LEVELS = 12
"""Levels of a nominal attribute told apart where the settings name none."""
OTHER = "other"

Levels = Mapping[str, tuple[str, ...]]
"""By nominal attribute the levels told apart; a value in none of them is in the place behind the last, or where `other` is."""

_TRUE, _FALSE = ("true", "yes", "y", "t", "1"), ("false", "no", "n", "f", "0")
IS_BROKEN, UNREADABLE = "broken rows", "unreadable "
"""Columns that count faults; the second is followed by the attribute's name."""


def source_columns(settings: AttributesSettings) -> dict[str, str]:
    """The columns to read, by the place in the settings that names them."""
    return {CUSTOMER_ID: settings.customer_id, **{_place(name): column.column for name, column in settings.columns.items()}}


def _place(name: str) -> str:
    return f"columns.{name}.column"


def under_our_names(table: DataFrame, settings: AttributesSettings) -> DataFrame:
    """The table as read by `source_columns`, its attributes under our names."""
    return table.withColumnsRenamed({_place(name): name for name in settings.columns})


def levels_of(table: DataFrame, settings: AttributesSettings) -> dict[str, tuple[str, ...]]:
    """The levels told apart of every nominal attribute: those of the settings, else the most frequent in order of name."""
    nominal = {name: column for name, column in settings.columns.items() if column.type == "nominal"}
    return {name: column.levels or _most_frequent(table, name, settings) for name, column in nominal.items()}


def _most_frequent(table: DataFrame, name: str, settings: AttributesSettings) -> tuple[str, ...]:
    text = known_id(F.col(name), table.schema[name].dataType, settings.missing_values)
    counted = table.where(F.col(RECORD).isNull() & text.isNotNull()).groupBy(F.lower(text).alias("level"))
    rows = counted.agg(F.count(F.lit(1)).alias("rows"), F.min(text).alias("name")).orderBy(F.desc("rows"), "level").limit(MOST_LEVELS)
    return tuple(sorted(row["name"] for row in rows.collect()))


def typed_attributes(table: DataFrame, settings: AttributesSettings, levels: Levels) -> DataFrame:
    """One row a row of the table: `customer_id`, null where there is none, and the attributes as numbers.

    Parameters
    ----------
    table
        Under our names, with `record`.
    settings
        Types and levels.
    levels
        Of the nominal attributes.
    """
    kinds = {field.name: field.dataType for field in table.schema.fields}
    is_whole = F.col(RECORD).isNull()
    columns = [F.when(is_whole, known_id(F.col(CUSTOMER_ID), kinds[CUSTOMER_ID], settings.missing_values)).alias(CUSTOMER_ID)]
    for name, column in settings.columns.items():
        given = _given(name, kinds[name], column, settings)
        value = _value(given, column, levels.get(name, ()))
        columns += [value.alias(name), (is_whole & given.isNotNull() & value.isNull()).cast("bigint").alias(UNREADABLE + name)]
    return table.select(*columns, (~is_whole).cast("bigint").alias(IS_BROKEN))


def _given(name: str, kind: T.DataType, column: AttributeColumn, settings: AttributesSettings) -> Column:
    """The text that stands there, null where it means "nothing"; what is declared a level means something."""
    known = known_id(F.col(name), kind, settings.missing_values)
    if not column.levels:
        return known
    text = canonical_id(F.col(name), kind)
    return F.coalesce(F.when(F.lower(text).isin(*_lowered(column.levels)), text), known)


def _value(given: Column, column: AttributeColumn, levels: Sequence[str]) -> Column:
    match column.type:
        case "number":
            return finite_number(given, T.StringType())
        case "boolean":
            return F.when(F.lower(given).isin(*_TRUE), 1).when(F.lower(given).isin(*_FALSE), 0)
        case "ordinal":
            return _place_in(column.levels, given)
        case _:
            return F.coalesce(_place_in(levels, given), F.when(given.isNotNull(), other_place(levels)))


def other_place(levels: Sequence[str]) -> int:
    """Place of what is in none of the levels: that of `other` where it is one of them, else the one behind the last."""
    lowered = _lowered(levels)
    return lowered.index(OTHER) if OTHER in lowered else len(levels)


def _place_in(levels: Sequence[str], given: Column) -> Column:
    place = F.array_position(F.array(*map(F.lit, _lowered(levels))), F.lower(given)) if levels else F.lit(0)
    return F.when(place > 0, (place - 1).cast("int"))


def _lowered(levels: Sequence[str]) -> list[str]:
    return [level.strip().lower() for level in levels]
