"""Validation: reads the log, types each line, masks what cannot be read, and finds the reasons to reject it."""

from collections.abc import Collection

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.ingest.categories import with_category_index
from segmentation.ingest.ids import canonical_customer, pseudonymize
from segmentation.ingest.lines import typed_lines, with_default_order_id
from segmentation.ingest.rules import IS_REJECTED, REASONS, with_rejection
from segmentation.privacy.denylist import Denylist, redacted, with_is_erased
from segmentation.privacy.pseudonyms import Pseudonyms
from segmentation.schemas import (
    DISCOUNT_E4,
    HAS_UNREADABLE_ID,
    ORDERED_AT,
    PLAIN_IDS,
    QUANTITY,
    RECORD,
    SOURCE,
    STRING,
    UNIT_PRICE,
    Category,
)
from segmentation.settings import Settings

_PARSED_TO = {"ordered_at": ORDERED_AT, "quantity": QUANTITY, "unit_price": UNIT_PRICE, "amount": UNIT_PRICE, "discount": DISCOUNT_E4}
"""By column of the log, the typed column it is parsed to."""
_TEXT_FORMATS = ("csv", "json")
_VALIDATION_COLUMNS = (SOURCE, RECORD, REASONS, IS_REJECTED, HAS_UNREADABLE_ID, PLAIN_IDS)


def masked(text: Column) -> Column:
    """A text with 9 for every digit and x for every letter: 31/12/2024 is 99/99/9999."""
    return F.regexp_replace(F.regexp_replace(text, r"\p{N}", "9"), r"[\p{L}\p{M}]", "x")


def with_unreadable_masked(lines: DataFrame) -> DataFrame:
    """Typed lines with a mask in `source` for each time or number that cannot be parsed: it may be an id in the wrong column."""
    source = F.col(SOURCE)
    for field in lines.select(f"{SOURCE}.*").schema.fields:
        if field.name in _PARSED_TO and field.dataType == STRING:
            text = F.col(SOURCE)[field.name]
            source = source.withField(field.name, F.when(F.col(_PARSED_TO[field.name]).isNull(), masked(text)).otherwise(text))
    return lines.withColumn(SOURCE, source)


def read_log(spark: SparkSession, settings: Settings) -> DataFrame:
    """The log's mapped columns, unchanged."""
    return storage.read_source(spark, settings.log, settings.log.columns.mapped(), may_quote=settings.privacy.pseudonyms is None)


def validate_lines(
    log: DataFrame, settings: Settings, pseudonyms: Pseudonyms | None, erased: Denylist | None, plain_ids: Collection[str] = ()
) -> DataFrame:
    """Type each line of a log, and find the reasons to reject it.

    `log` has the mapped columns and `record`; `plain_ids` are those of `typed_lines`. The result is that of `typed_lines`, with
    `is_rejected` and `reasons`.
    """
    missing_values = settings.log.missing_values
    if erased:
        # By the original ids: under another key, people would have other pseudonyms.
        log = with_is_erased(log, canonical_customer(log, missing_values), erased, records=pseudonyms is None)
    lines = typed_lines(pseudonymize(log, pseudonyms, missing_values), settings.log, settings.rules, plain_ids)
    lines = with_rejection(with_unreadable_masked(lines) if pseudonyms else lines, settings)
    return redacted(lines) if erased else lines


def should_cache(settings: Settings) -> bool:
    """Whether validating lines twice costs more than caching them: text is parsed, ids are hashed, or duplicates are compared."""
    is_hashed = settings.privacy.pseudonyms is not None
    return settings.log.format in _TEXT_FORMATS or is_hashed or settings.rules.exact_duplicates == "reject"


def accepted_lines(lines: DataFrame, categories: tuple[Category, ...]) -> DataFrame:
    """Accepted lines with the index of their category, before returns are matched."""
    accepted = lines.where(~F.col(IS_REJECTED)).transform(with_default_order_id).drop(*_VALIDATION_COLUMNS)
    return with_category_index(accepted, categories) if categories else accepted
