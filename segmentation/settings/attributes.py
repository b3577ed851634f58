"""Settings of a customer table: attributes beside the purchases, or in place of them."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from segmentation.schemas import AS_OF, CLUSTER, CUSTOMER_ID, RUN_ID, SEGMENT_ID, SEGMENT_NAME, VECTOR, missing_flag
from segmentation.settings.data import Name
from segmentation.settings.feature import FeatureSettings
from segmentation.settings.section import plain
from segmentation.settings.source import SourceSettings

AttributeType = Literal["number", "ordinal", "nominal", "boolean"]
AttributeName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]

RESERVED = {
    *(CUSTOMER_ID, AS_OF, RUN_ID, SEGMENT_ID, SEGMENT_NAME, CLUSTER, VECTOR),
    *("distance", "next_segment_id", "margin", "silhouette", "stability", "action", "customers", "customer_share"),
    *("revenue_net", "revenue_share", "unweighted", "category_shares", "month_order_shares"),
}
"""What columns beside the features are called."""
RESERVED_PREFIXES = ("ready_", "category_share_", "month_order_share_")


class AttributeColumn(FeatureSettings):
    """One attribute: what it is called there, what kind it is of, and how it enters the clustering."""

    column: Name
    """Its name in the table."""
    type: AttributeType
    """number; ordinal, which counts as the place of its level, from 0; nominal, a column of 0 and 1 for each level; boolean, written
    as true and false, yes and no, y and n, t and f, or 1 and 0."""
    levels: tuple[Name, ...] = ()
    """Of an ordinal attribute all its levels, the lowest first. Of a nominal one those told apart, everything else counting as "other";
    by default the twelve most frequent. Case does not matter."""
    use: bool = True
    """Whether customers are compared by it. Published in customer_features all the same."""
    sensitive: bool = False
    """Whether nobody should be treated by it, such as gender, origin or health. Then it is not used unless `use: true` is said and
    `privacy.allow_sensitive` names it; unused, it is in no table, and only how far segments give it away is measured."""

    @model_validator(mode="before")
    @classmethod
    def _sensitive_is_not_used_unless_told(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return ({"use": False} if given.get("sensitive") is True else {}) | plain(given)

    @model_validator(mode="after")
    def _levels_fit_the_type(self) -> Self:
        lowered = [level.strip().lower() for level in self.levels]
        if twice := sorted({level for level in lowered if lowered.count(level) > 1}):
            raise ValueError(f"levels must differ, found {', '.join(map(repr, twice))} more than once")
        if self.type == "ordinal" and len(self.levels) < 2:
            raise ValueError("an ordinal attribute needs its levels, the lowest first: levels: [low, middle, high]")
        if self.levels and self.type in ("number", "boolean"):
            raise ValueError(f"a {self.type} has no levels; is it ordinal or nominal?")
        if self.transform != "none" and self.type != "number":
            raise ValueError(f"transform {self.transform} is for numbers, and this is {self.type}")
        return self


class AttributesSettings(SourceSettings):
    """A customer table, one row a customer."""

    missing_values: tuple[str, ...] = ("", "null", "nan", "none", "n/a")
    """Texts that mean "nothing", whatever their case, but where they are levels of an attribute."""
    customer_id: Name
    """The table's column of customers."""
    columns: Annotated[dict[AttributeName, AttributeColumn], Field(min_length=1)]
    """Our name for an attribute (small letters, digits and underscores), its column, its type, and how it counts."""

    @field_validator("missing_values")
    @classmethod
    def _lower_cased(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(value.strip().lower() for value in values)

    def taken_names(self, features: Collection[str]) -> list[str]:
        """Attributes called like something else: a column of our own, a feature of the log, or the flag of another attribute."""
        taken = {*RESERVED, *features, *map(missing_flag, self.columns)}
        return [name for name in self.columns if name in taken or name.startswith(RESERVED_PREFIXES)]

    @property
    def sensitive(self) -> list[str]:
        """Those declared so."""
        return [name for name, column in self.columns.items() if column.sensitive]

    @property
    def withheld(self) -> list[str]:
        """Sensitive ones that customers are not compared by: read to be measured against the segments, and never written."""
        return [name for name in self.sensitive if not self.columns[name].is_compared]

    def sensitive_faults(self, allowed: Collection[str]) -> list[str]:
        """Sensitive attributes used without leave, or read under a second name; names allowed that are none of them."""
        read = {self.columns[name].column: name for name in self.sensitive}
        return [
            *(_without_leave(name) for name in self.sensitive if self.columns[name].is_compared and name not in allowed),
            *(
                f"attributes.columns.{name} reads the column of {read[column.column]}, which is sensitive, and is not declared so"
                for name, column in self.columns.items()
                if column.column in read and not column.sensitive
            ),
            *(_not_sensitive(name, self.sensitive) for name in allowed if name not in self.sensitive),
        ]

    @property
    def is_used(self) -> bool:
        """Whether customers are compared by any of them."""
        return any(column.is_compared for column in self.columns.values())


def _without_leave(name: str) -> str:
    return (
        f"attributes.columns.{name} is sensitive, and use: true would compare customers by it: leave use out, "
        f"or allow it by name with privacy.allow_sensitive: [{name}]"
    )


def _not_sensitive(name: str, sensitive: Collection[str]) -> str:
    near = get_close_matches(name, sensitive, n=1)
    hint = f", did you mean {near[0]!r}?" if near else f"; declared so: {', '.join(sensitive) or 'none'}"
    return f"privacy.allow_sensitive: {name!r} is no attribute declared sensitive{hint}"
