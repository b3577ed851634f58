"""Settings of what comes in: the log, the rules its lines must keep, and product categories."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from segmentation.settings.options import Format
from segmentation.settings.paths import SourcePath
from segmentation.settings.secrets import Options
from segmentation.settings.section import Section
from segmentation.settings.source import SourceSettings

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1)]


class Columns(Section):
    """Our name for a column, and the name it has in the log (any name, blanks included)."""

    customer_id: Name
    """Who bought. A line without one is a guest's and is left out."""
    ordered_at: Name
    """When: a date or a timestamp, or text in `timestamp_format`."""
    quantity: Name | None = None
    """Units of the line; negative for a return. Needed with `unit_price` where there is no `amount`."""
    unit_price: Name | None = None
    """Price of one unit, in the currency."""
    amount: Name | None = None
    """Amount of the whole line, in the currency; negative for a return. Goes before quantity x unit_price."""
    order_id: Name | None = None
    """Order number. Without one, a customer's lines of one day are one order."""
    product_id: Name | None = None
    """Product code."""
    description: Name | None = None
    """Product description, which category patterns read."""
    category: Name | None = None
    """Product category, where the log has one."""
    country: Name | None = None
    """Country of the customer; kept with rejected lines, and part of what makes an exact duplicate."""
    discount: Name | None = None
    """Currency taken off the line's quantity x unit_price, as a positive number."""

    @model_validator(mode="after")
    def _has_an_amount(self) -> Self:
        if self.amount is None and (self.quantity is None or self.unit_price is None):
            raise ValueError("needs 'amount', or both 'quantity' and 'unit_price'")
        if self.amount is not None and self.discount is not None:
            raise ValueError("'discount' goes with 'quantity' and 'unit_price'; an 'amount' already has it taken off")
        return self

    def mapped(self) -> dict[str, str]:
        """Our names that are mapped, with theirs, in the order declared here."""
        return {ours: theirs for ours, theirs in self if theirs is not None}


class InputSettings(SourceSettings):
    """The transaction log."""

    format: Format
    """csv (also gzipped), parquet, json (one object a line), delta, or table (of the catalog)."""
    path: SourcePath
    """File, folder or glob; a table's name for the format table. A path without a scheme is local."""
    options: Options = Field(default_factory=dict)
    """Those of Spark's reader options that say how a file is written, such as sep, header, encoding, multiLine. CSV has a header unless
    told otherwise."""
    timestamp_format: Name | None = None
    """Spark datetime pattern of `ordered_at` where it is text; epoch_seconds, epoch_milliseconds, epoch_microseconds or
    epoch_nanoseconds where it is a number. Not needed where the column already is a date or a timestamp."""
    missing_values: tuple[str, ...] = ("", "null", "nan", "none", "n/a")
    """Texts that mean "nothing" in customer, order and product ids, whatever their case."""
    nightly: bool = False
    """Whether to keep what the next run needs to read new files only, and to read these alone where the tables come out as if
    all had been read (docs/running.md)."""
    columns: Columns

    @field_validator("missing_values")
    @classmethod
    def _lower_cased(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(value.strip().lower() for value in values)


class RulesSettings(Section):
    """Which lines count."""

    not_a_product: tuple[Name, ...] = ()
    """Product codes that are no products (postage, fees). A trailing * stands for any ending. Case does not matter."""
    cancelled_order_prefix: Name | None = None
    """Order numbers that begin so are cancellations: their lines are returns."""
    void_within_hours: Annotated[int, Field(ge=0)] = 24
    """A return this soon after an equal purchase voids both, hours. 0: nothing is voided."""
    exact_duplicates: Literal["keep", "reject"] = "keep"
    """Whether lines alike in every mapped column count once or each time."""
    history_from: date | None = None
    """Lines before this day are left out."""
    stop_above_rejected_share: Share = 0.5
    """The run stops where more than this share of all lines is rejected."""


class CategoryPattern(Section):
    """One rule: descriptions that match the pattern belong to the category."""

    category: Name
    """Name of the category."""
    pattern: Name
    """Java regular expression, found anywhere in the first 1,000 characters of the description, whatever its case."""


class CategoryLookup(SourceSettings):
    """A small table that gives each product its category."""

    product_id: Name
    """The lookup's column of product codes."""
    category: Name
    """The lookup's column of categories."""


class CategoriesSettings(Section):
    """Where a line's category comes from: `input.columns.category`, or one of these two."""

    lookup: CategoryLookup | None = None
    """A product table."""
    patterns: tuple[CategoryPattern, ...] = ()
    """Ordered rules over the description; the first that matches decides."""
    other: Name = "other"
    """The category of everything that has none."""
    most: Annotated[int, Field(ge=1, le=60)] = 12
    """Categories told apart, by gross spend; what is beyond counts as `other`."""
