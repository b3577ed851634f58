"""Settings of the transaction log: where it is, which of its lines count, and their product categories."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from segmentation.settings.section import Name, Options, SettingsSection, Share, SourcePath
from segmentation.settings.source import Format, SourceSettings


class Columns(SettingsSection):
    """Our name for a column, and the name it has in the log (any name, with blanks too)."""

    customer_id: Name
    """Who bought. A line without one is a guest's and is rejected."""
    ordered_at: Name
    """When: a date or a timestamp, or text in `timestamp_format`."""
    quantity: Name | None = None
    """Units of the line; negative for a return. Needed with `unit_price` where there is no `amount`."""
    unit_price: Name | None = None
    """Price of one unit, in the currency."""
    amount: Name | None = None
    """Amount of the whole line, in the currency; negative for a return. It takes precedence over quantity x unit_price."""
    order_id: Name | None = None
    """Order number. Without one, a customer's lines of one day are one order."""
    product_id: Name | None = None
    """Product code."""
    description: Name | None = None
    """Product description, which category patterns read."""
    category: Name | None = None
    """Product category, where the log has one."""
    country: Name | None = None
    """Country of the customer; published with rejected lines, and compared to find exact duplicates."""
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
    """File, folder or glob; for the format table, a table's name. A path without a scheme is local."""
    options: Options = Field(default_factory=dict)
    """Spark's reader options that describe how a file is written, such as sep, header, encoding, multiLine. CSV has a header by
    default."""
    timestamp_format: Name | None = None
    """Spark datetime pattern of `ordered_at` where it is text; epoch_seconds, epoch_milliseconds, epoch_microseconds or
    epoch_nanoseconds where it is a number. Not needed where the column already is a date or a timestamp."""
    missing_values: tuple[str, ...] = ("", "null", "nan", "none", "n/a")
    """Texts that mean "nothing" in customer, order and product ids, whatever their case."""
    incremental: bool = False
    """Whether to save the state from which the next run can read new files only, and to read only these where the tables come out as if
    all had been read (docs/running.md)."""
    columns: Columns

    @field_validator("missing_values")
    @classmethod
    def _lower_cased(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(value.strip().lower() for value in values)


class RulesSettings(SettingsSection):
    """Which lines count."""

    excluded_products: tuple[Name, ...] = ()
    """Codes that are not products (postage, fees). A trailing * matches any ending. Case does not matter."""
    cancelled_order_prefix: Name | None = None
    """Orders whose number begins with this are cancellations: their lines are returns."""
    void_within_hours: Annotated[int, Field(ge=0)] = 24
    """A return this soon after an equal purchase voids both, hours. 0: nothing is voided."""
    exact_duplicates: Literal["keep", "reject"] = "keep"
    """Whether lines that are equal in every mapped column count each time (keep) or once (reject)."""
    history_start: date | None = None
    """Lines before this day are rejected."""
    max_rejected_share: Share = 0.5
    """The run stops if more than this share of all lines is rejected."""


class CategoryPattern(SettingsSection):
    """One rule: descriptions that match the pattern belong to the category."""

    category: Name
    """Name of the category."""
    pattern: Name
    """Java regular expression, searched in the first 1,000 characters of the description. Case does not matter."""


class CategoryLookup(SourceSettings):
    """A small table that gives each product its category."""

    product_id: Name
    """The lookup's column of product codes."""
    category: Name
    """The lookup's column of categories."""


class CategoriesSettings(SettingsSection):
    """Where a line's category comes from: `input.columns.category`, or one of lookup and patterns."""

    lookup: CategoryLookup | None = None
    """A product table."""
    patterns: tuple[CategoryPattern, ...] = ()
    """Ordered rules over the description; the first that matches decides."""
    other: Name = "other"
    """The category of lines that have none."""
    max_categories: Annotated[int, Field(ge=1, le=60)] = 12
    """Number of categories, the largest by gross spend; the rest counts as `other`."""
