"""Settings of a customer table: attributes in addition to purchases, or instead of them."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from segmentation.schemas import AS_OF, CLUSTER, CUSTOMER_ID, RUN_ID, SEGMENT_ID, SEGMENT_NAME, VECTOR, missing_flag
from segmentation.settings.features import FeatureSettings
from segmentation.settings.section import Name, lists_as_tuples
from segmentation.settings.source import SourceSettings

AttributeType = Literal["number", "ordinal", "nominal", "boolean"]
AttributeName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]

RESERVED = {
    *(CUSTOMER_ID, AS_OF, RUN_ID, SEGMENT_ID, SEGMENT_NAME, CLUSTER, VECTOR),
    *("distance", "next_segment_id", "margin", "silhouette", "stability", "action", "customers", "customer_share"),
    *("revenue_net", "revenue_share", "unweighted", "category_shares", "month_order_shares"),
}
"""Names of columns other than features."""
RESERVED_PREFIXES = ("ready_", "category_share_", "month_order_share_")


class AttributeColumn(FeatureSettings):
    """One attribute: its column, its type, and how it enters the clustering."""

    column: Name
    """Its name in the table."""
    type: AttributeType
    """number; ordinal, which counts as the position of its level, from 0; nominal, a column of 0 and 1 for each level; boolean, written
    as true and false, yes and no, y and n, t and f, or 1 and 0."""
    levels: tuple[Name, ...] = ()
    """Of an ordinal attribute all its levels, the lowest first. Of a nominal one its levels, all others counting as "other"; by default
    the twelve most frequent. Case does not matter."""
    use: bool = True
    """Whether customers are compared by it. Published in customer_features all the same."""
    sensitive: bool = False
    """Whether customers should not be treated by it, such as gender, origin or health. Then it is used only with `use: true` and where
    `privacy.allow_sensitive` names it; unused, it is in no table, and only how much segments reveal of it is measured."""

    @model_validator(mode="before")
    @classmethod
    def _sensitive_is_unused_by_default(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return ({"use": False} if given.get("sensitive") is True else {}) | lists_as_tuples(given)

    @model_validator(mode="after")
    def _levels_fit_the_type(self) -> Self:
        lowered = [level.strip().lower() for level in self.levels]
        if repeated := sorted({level for level in lowered if lowered.count(level) > 1}):
            raise ValueError(f"levels must differ, found {', '.join(map(repr, repeated))} more than once")
        if self.type == "ordinal" and len(self.levels) < 2:
            raise ValueError("an ordinal attribute needs its levels, the lowest first: levels: [low, middle, high]")
        if self.levels and self.type in ("number", "boolean"):
            raise ValueError(f"a {self.type} has no levels; is it ordinal or nominal?")
        if self.transform != "none" and self.type != "number":
            raise ValueError(f"transform {self.transform} is for numbers, and the attribute is {self.type}")
        return self


class AttributesSettings(SourceSettings):
    """A customer table with one row per customer."""

    missing_values: tuple[str, ...] = ("", "null", "nan", "none", "n/a")
    """Texts that mean "nothing", whatever their case, unless they are levels of an attribute."""
    customer_id: Name
    """The table's column of customer ids."""
    columns: Annotated[dict[AttributeName, AttributeColumn], Field(min_length=1)]
    """Our name for an attribute (small letters, digits and underscores), with its column, its type and its weight."""

    @field_validator("missing_values")
    @classmethod
    def _lower_cased(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(value.strip().lower() for value in values)

    def reserved_names(self, features: Collection[str]) -> list[str]:
        """Attributes named like something else: a column of ours, a feature of the log, or the flag of another attribute."""
        reserved = {*RESERVED, *features, *map(missing_flag, self.columns)}
        return [name for name in self.columns if name in reserved or name.startswith(RESERVED_PREFIXES)]

    @property
    def sensitive(self) -> list[str]:
        """Names of the sensitive ones."""
        return [name for name, column in self.columns.items() if column.sensitive]

    @property
    def unused_sensitive(self) -> list[str]:
        """Sensitive ones that customers are not compared by: read to be measured against the segments, and never written."""
        return [name for name in self.sensitive if not self.columns[name].is_compared]

    def sensitive_errors(self, allowed: Collection[str]) -> list[str]:
        """Sensitive attributes used without permission, or read under a second name; allowed names that are not sensitive attributes."""
        read = {self.columns[name].column: name for name in self.sensitive}
        return [
            *(_not_allowed(name) for name in self.sensitive if self.columns[name].is_compared and name not in allowed),
            *(
                f"attributes.columns.{name} reads the column of {read[column.column]}, which is sensitive: declare it sensitive, too"
                for name, column in self.columns.items()
                if column.column in read and not column.sensitive
            ),
            *(_not_sensitive(name, self.sensitive) for name in allowed if name not in self.sensitive),
        ]

    @property
    def is_used(self) -> bool:
        """Whether customers are compared by any of them."""
        return any(column.is_compared for column in self.columns.values())


def _not_allowed(name: str) -> str:
    return (
        f"attributes.columns.{name} is sensitive, and use: true would compare customers by it: remove use, "
        f"or allow it by name with privacy.allow_sensitive: [{name}]"
    )


def _not_sensitive(name: str, sensitive: Collection[str]) -> str:
    near = get_close_matches(name, sensitive, n=1)
    hint = f", did you mean {near[0]!r}?" if near else f"; declared sensitive: {', '.join(sensitive) or 'none'}"
    return f"privacy.allow_sensitive: {name!r} is not an attribute declared sensitive{hint}"
