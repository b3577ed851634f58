"""What a log holds: its lines typed, judged, and under the names of their categories."""

from collections.abc import Collection
from typing import NamedTuple

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.context import RunContext
from segmentation.ingest import categories as categorising
from segmentation.ingest.categories import Category
from segmentation.ingest.lines import typed_lines, with_order_of_the_day
from segmentation.ingest.rules import IS_REJECTED, REASONS, with_rejection
from segmentation.ingest.survey import surveyed
from segmentation.privacy.kept_out import blanked, marked
from segmentation.privacy.masks import with_unreadable_masked
from segmentation.privacy.pseudonyms import Pseudonyms
from segmentation.schemas import CATEGORY, HAS_UNREADABLE_ID, PLAIN_IDS, PRODUCT_ID, RECORD, SOURCE
from segmentation.settings import Settings
from segmentation.workflows.kept_out import kept_out
from segmentation.workflows.pseudonyms import canonical_customer, pseudonyms_of, under_pseudonyms

_TEXT_FORMATS = ("csv", "json")
_OF_JUDGEMENT = (SOURCE, RECORD, REASONS, IS_REJECTED, HAS_UNREADABLE_ID, PLAIN_IDS)


class Names(NamedTuple):
    """What products or descriptions are categorised by, and how many rows that has."""

    table: DataFrame
    rows: int


def read_log(spark: SparkSession, settings: Settings) -> DataFrame:
    """The log's mapped columns as they stand there."""
    return storage.read_source(spark, settings.log, settings.log.columns.mapped(), quotes=settings.privacy.pseudonyms is None)


def judged_lines(spark: SparkSession, settings: Settings) -> DataFrame:
    """Every line of the log, typed, with the reasons to reject it."""
    return judged(read_log(spark, settings), settings, pseudonyms_of(spark, settings.privacy))


def judged(log: DataFrame, settings: Settings, pseudonyms: Pseudonyms | None, plain: Collection[str] = ()) -> DataFrame:
    """Lines as they stand in the log, typed, with the reasons to reject them; `plain` as in `typed_lines`."""
    listed, missing_values = kept_out(log.sparkSession, settings.output.path), settings.log.missing_values
    if listed:
        # By the ids as they stand in the log: under another key, people would have other pseudonyms.
        log = marked(log, canonical_customer(log, missing_values), listed.digests, listed.salt, records=pseudonyms is None)
    lines = typed_lines(under_pseudonyms(log, pseudonyms, missing_values), settings.log, settings.rules, plain)
    lines = with_rejection(with_unreadable_masked(lines) if pseudonyms else lines, settings)
    return blanked(lines) if listed else lines


def category_names(context: RunContext, lines: DataFrame) -> Names | None:
    """Category of each product or description; None where the log has a column of its own, or no categories."""
    found = _category_names(context.spark, context.settings, lines)
    if found is None:
        return None
    found = context.cache(found)
    return Names(found, found.count())


def categorised_lines(lines: DataFrame, names: Names | None) -> DataFrame:
    """Lines with the name of their category."""
    return lines if names is None else categorising.with_category_name(lines, *names)


def counting_lines(lines: DataFrame, categories: tuple[Category, ...]) -> DataFrame:
    """Lines that count, with their category's place, before returns are matched."""
    accepted = lines.where(~F.col(IS_REJECTED)).transform(with_order_of_the_day).drop(*_OF_JUDGEMENT)
    return categorising.with_category_place(accepted, categories) if categories else accepted


def looked_over(context: RunContext, log: DataFrame) -> tuple[DataFrame, Names | None, DataFrame]:
    """Judged lines, names of categories, and the survey of all lines."""
    every = judged(log, context.settings, context.pseudonyms)
    if is_dear(context.settings):
        every = context.cache(every)
    names = category_names(context, every)
    return every, names, context.cache(surveyed(categorised_lines(every, names)))


def is_dear(settings: Settings) -> bool:
    """Whether to judge lines costs more than to hold them: text is parsed, ids are hashed, equal lines are brought together."""
    is_hashed = settings.privacy.pseudonyms is not None
    return settings.log.format in _TEXT_FORMATS or is_hashed or settings.rules.exact_duplicates == "reject"


def _category_names(spark: SparkSession, settings: Settings, lines: DataFrame) -> DataFrame | None:
    lookup = settings.categories.lookup
    if lookup is not None:
        columns = {PRODUCT_ID: lookup.product_id, CATEGORY: lookup.category}
        return categorising.product_categories(storage.read_source(spark, lookup, columns))
    if settings.categories.patterns:
        return categorising.matched_descriptions(lines, settings.categories)
    return None
