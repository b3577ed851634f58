"""Settings of a customer table: attributes beside the purchases, or in place of them."""

from collections.abc import Collection
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from segmentation.schemas import AS_OF, CLUSTER, CUSTOMER_ID, RUN_ID, SEGMENT_ID, SEGMENT_NAME, VECTOR, missing_flag
from segmentation.settings.data import Name
from segmentation.settings.feature import FeatureSettings
from segmentation.settings.secrets import Options, Place
from segmentation.settings.section import Section

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


class AttributesSettings(Section):
    """A customer table, one row a customer."""

    format: Literal["csv", "parquet", "json", "delta", "table"]
    """As for the log."""
    path: Place
    """As for the log."""
    options: Options = Field(default_factory=dict)
    """As for the log."""
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
    def is_used(self) -> bool:
        """Whether customers are compared by any of them."""
        return any(column.use and column.weight > 0 for column in self.columns.values())
