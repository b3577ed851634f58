"""Attributes as columns of customer_features: numbers and levels unchanged, nominal ones as one 0/1 column per level."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.schemas import column_slug, missing_flag, named
from segmentation.settings import AttributeColumn, AttributesSettings

_UNITS = {"number": "number", "ordinal": "level", "nominal": "share", "boolean": "share"}


@dataclass(frozen=True)
class AttributeFeature:
    """A column of customer_features made from an attribute."""

    name: str
    attribute: str
    settings: AttributeColumn
    level: str | None = None  # of a nominal attribute: the level that 1 means
    level_index: int | None = None  # the index of that level in the customer table as read

    @property
    def unit(self) -> str:
        """Unit of the values; the mean of a 0/1 column is a share of customers."""
        return _UNITS[self.settings.type]


def attribute_features(
    settings: AttributesSettings, levels: Mapping[str, Sequence[str]], with_other: frozenset[str]
) -> tuple[AttributeFeature, ...]:
    """The columns made from attributes, in the order of the settings, with unique names; none of withheld attributes.

    `with_other` are the nominal attributes with values in none of their levels.
    """
    taken = {*settings.columns, *map(missing_flag, settings.columns)}
    return tuple(
        chain.from_iterable(
            _features_of(name, column, levels.get(name), name in with_other, taken)
            for name, column in settings.columns.items()
            if name not in settings.unused_sensitive
        )
    )


def _features_of(
    name: str, column: AttributeColumn, levels: Sequence[str] | None, has_other: bool, taken: set[str]
) -> Iterator[AttributeFeature]:
    if levels is None:
        yield AttributeFeature(name, name, column)
        return
    for index, level in enumerate([*levels, *(["other"] if has_other else [])]):
        plain = f"{name}_{column_slug(level)}"
        unique = next(candidate for candidate in chain([plain], (f"{plain}_{number}" for number in count(2))) if candidate not in taken)
        taken.add(unique)
        yield AttributeFeature(unique, name, column, level, index)


def with_attribute_columns(customers: DataFrame, features: Sequence[AttributeFeature]) -> DataFrame:
    """Customers with their attributes replaced by the columns made from them; null where an attribute is missing."""
    attributes = {feature.attribute for feature in features}
    others = [named(name) for name in customers.columns if name not in attributes]
    return customers.select(*others, *(_encoded(feature).alias(feature.name) for feature in features))


def _encoded(feature: AttributeFeature) -> Column:
    value = F.col(feature.attribute)
    return value if feature.level_index is None else (value == feature.level_index).cast("int")


def missing_counts(customers: DataFrame, attributes: Sequence[str]) -> list[Column]:
    """Aggregates that count the customers without each attribute."""
    return [F.count_if(F.col(name).isNull()).alias(name) for name in attributes if name in customers.columns]


def with_missing_flags(customers: DataFrame, features: Sequence[AttributeFeature], missing: Mapping[str, int]) -> DataFrame:
    """Customers with a 0/1 column for each attribute that at least one of them lacks."""
    first = {feature.attribute: feature.name for feature in reversed(features)}
    flags = {missing_flag(name): F.col(first[name]).isNull().cast("int") for name, lacking in missing.items() if lacking}
    return customers.withColumns(flags) if flags else customers
