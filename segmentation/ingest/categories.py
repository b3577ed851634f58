"""The category of each line: first its name, then its index in the list of the run's categories."""

from itertools import chain, count
from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.context import RunContext
from segmentation.errors import InputError
from segmentation.ingest.ids import canonical_id
from segmentation.schemas import CATEGORY, DESCRIPTION, PRODUCT_ID, SPEND_E4, Category, column_slug
from segmentation.settings import CategoriesSettings

BROADCAST_NAMES = 1_000_000
"""Up to this many products or descriptions are broadcast, which avoids a shuffle of all lines."""

MAX_MATCHED_CHARACTERS = 1_000
"""Characters of a description that patterns are matched against: Java's matcher uses a stack frame for each repetition of a group."""


class CategoryNames(NamedTuple):
    """The category of each product or each description (`product_id` or `description`, and `category`), and the number of rows."""

    table: DataFrame
    n_rows: int


def category_names(context: RunContext, lines: DataFrame) -> CategoryNames | None:
    """Categories from the lookup table or the patterns of the settings; None where the log has a column of its own, or no categories."""
    settings = context.settings.categories
    if settings.lookup is not None:
        columns = {PRODUCT_ID: settings.lookup.product_id, CATEGORY: settings.lookup.category}
        table = product_categories(storage.read_source(context.spark, settings.lookup, columns))
    elif settings.patterns:
        table = description_categories(lines, settings)
    else:
        return None
    table = context.cache(table)
    return CategoryNames(table, table.count())


def with_category(lines: DataFrame, names: CategoryNames | None) -> DataFrame:
    """Typed lines with the name of their category, null where they have none; unchanged without `names`."""
    if names is None:
        return lines
    (key,) = (name for name in names.table.columns if name != CATEGORY)
    table = F.broadcast(names.table) if names.n_rows <= BROADCAST_NAMES else names.table
    return lines.drop(CATEGORY).join(table, key, "left").select(lines.columns)


def description_categories(lines: DataFrame, settings: CategoriesSettings) -> DataFrame:
    """Each distinct description with the category of the first pattern that matches it, null where none does."""
    category, text = F.lit(None).cast("string"), F.substring(DESCRIPTION, 1, MAX_MATCHED_CHARACTERS)
    for rule in reversed(settings.patterns):
        category = F.when(text.rlike(f"(?iu){rule.pattern}"), rule.category).otherwise(category)
    return lines.where(F.col(DESCRIPTION).isNotNull()).select(DESCRIPTION).distinct().withColumn(CATEGORY, category)


def product_categories(lookup: DataFrame) -> DataFrame:
    """A lookup table as one row per product: product_id (trimmed, upper case) and category (trimmed).

    Raises InputError where products have more than one category.
    """
    code = F.upper(canonical_id(F.col(PRODUCT_ID), lookup.schema[PRODUCT_ID].dataType))
    rows = lookup.select(code.alias(PRODUCT_ID), F.trim(F.col(CATEGORY).cast("string")).alias(CATEGORY))
    rows = rows.where(F.col(PRODUCT_ID).isNotNull() & (F.col(CATEGORY) != ""))
    products = rows.groupBy(PRODUCT_ID).agg(F.min(CATEGORY).alias(CATEGORY), F.max(CATEGORY).alias("another"))
    ambiguous = products.where(F.col("another") != F.col(CATEGORY))
    examples = [row[PRODUCT_ID] for row in ambiguous.orderBy(PRODUCT_ID).limit(5).collect()]
    if examples:
        raise InputError(f"categories.lookup: {ambiguous.count():,} products have more than one category, such as {', '.join(examples)}")
    return products.drop("another")


def select_categories(context: RunContext, spend: DataFrame) -> tuple[Category, ...]:
    """The run's categories: those of the model in use, of the patterns, or with the largest `spend_e4` of accepted lines by `category`."""
    settings = context.settings
    if context.categories is not None:
        return context.categories
    if not settings.has_categories:
        return ()
    if settings.categories.patterns:
        return pattern_categories(settings.categories)
    return leading_categories(spend, settings.categories)


def leading_categories(spend: DataFrame, settings: CategoriesSettings) -> tuple[Category, ...]:
    """The `max_categories` categories with the largest gross spend, in order of name, then `other`.

    `spend` has `spend_e4` of accepted lines by `category`, one or more rows each.
    """
    totals = spend.where(F.col(CATEGORY) != settings.other).groupBy(CATEGORY).agg(F.sum(SPEND_E4).alias(SPEND_E4))
    rows = totals.where(F.col(SPEND_E4) > 0).orderBy(F.desc(SPEND_E4), CATEGORY).limit(settings.max_categories).collect()
    return with_slugs([*sorted(row[CATEGORY] for row in rows), settings.other])


def pattern_categories(settings: CategoriesSettings) -> tuple[Category, ...]:
    """The categories that patterns name, in order of name, then `other`."""
    return with_slugs([*sorted({rule.category for rule in settings.patterns} - {settings.other}), settings.other])


def with_slugs(names: list[str]) -> tuple[Category, ...]:
    """Each name with a unique slug: lower case, words joined by underscores."""
    slugs: list[str] = []
    for name in names:
        plain = column_slug(name)
        numbered = (f"{plain}_{number}" for number in count(2))
        slugs.append(next(slug for slug in chain([plain], numbered) if slug not in slugs))
    return tuple(map(Category, names, slugs))


def with_category_index(lines: DataFrame, categories: tuple[Category, ...]) -> DataFrame:
    """Lines with `category` as an index into the list of categories; the last index for all others."""
    index = F.lit(len(categories) - 1)
    for number, category in reversed(list(enumerate(categories[:-1]))):
        index = F.when(F.col(CATEGORY) == category.name, number).otherwise(index)
    return lines.withColumn(CATEGORY, index)
