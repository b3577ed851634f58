"""Attributes as columns of customer_features: numbers and places as they are, nominal ones as a column of 0 and 1 for each level."""

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
    """A column of customer_features that an attribute became.

    Parameters
    ----------
    name
        The column's.
    attribute
        Our name for the attribute.
    settings
        What the settings say of it.
    level
        Of a nominal attribute the level that 1 stands for.
    place
        Of that level, as the customer table is read.
    """

    name: str
    attribute: str
    settings: AttributeColumn
    level: str | None = None
    place: int | None = None

    @property
    def unit(self) -> str:
        """What its values are counted in; a column of 0 and 1 is a share of customers on average."""
        return _UNITS[self.settings.type]


def attribute_features(
    settings: AttributesSettings, levels: Mapping[str, Sequence[str]], with_other: frozenset[str]
) -> tuple[AttributeFeature, ...]:
    """The columns that attributes become, in the order of the settings, each with a name of its own; none of those withheld.

    Parameters
    ----------
    settings
        The attributes.
    levels
        Of the nominal ones.
    with_other
        Nominal ones that have values beyond their levels.
    """
    taken = {*settings.columns, *map(missing_flag, settings.columns)}
    return tuple(
        chain.from_iterable(
            _columns_of(name, column, levels.get(name), name in with_other, taken)
            for name, column in settings.columns.items()
            if name not in settings.withheld
        )
    )


def _columns_of(
    name: str, column: AttributeColumn, levels: Sequence[str] | None, has_other: bool, taken: set[str]
) -> Iterator[AttributeFeature]:
    if levels is None:
        yield AttributeFeature(name, name, column)
        return
    for place, level in enumerate([*levels, *(["other"] if has_other else [])]):
        plain = f"{name}_{column_slug(level)}"
        free = next(candidate for candidate in chain([plain], (f"{plain}_{number}" for number in count(2))) if candidate not in taken)
        taken.add(free)
        yield AttributeFeature(free, name, column, level, place)


def with_attributes(customers: DataFrame, features: Sequence[AttributeFeature]) -> DataFrame:
    """Customers with attributes as read, and in their place the columns they become; null where an attribute is missing."""
    attributes = {feature.attribute for feature in features}
    others = [named(name) for name in customers.columns if name not in attributes]
    return customers.select(*others, *(_encoded(feature).alias(feature.name) for feature in features))


def _encoded(feature: AttributeFeature) -> Column:
    value = F.col(feature.attribute)
    return value if feature.place is None else (value == feature.place).cast("int")


def missing_of(customers: DataFrame, attributes: Sequence[str]) -> list[Column]:
    """How many customers lack each attribute, as columns of an aggregate."""
    return [F.count_if(F.col(name).isNull()).alias(name) for name in attributes if name in customers.columns]


def with_flags(customers: DataFrame, features: Sequence[AttributeFeature], missing: Mapping[str, int]) -> DataFrame:
    """Customers with a column of 0 and 1 for each attribute that any of them lacks."""
    first = {feature.attribute: feature.name for feature in reversed(features)}
    flags = {missing_flag(name): F.col(first[name]).isNull().cast("int") for name, lacking in missing.items() if lacking}
    return customers.withColumns(flags) if flags else customers
