"""Which category a line belongs to, as a small number: its place in a list of names."""

from dataclasses import dataclass
from itertools import chain, count

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.errors import InputError
from segmentation.ingest.ids import canonical_id
from segmentation.schemas import CATEGORY, DESCRIPTION, PRODUCT_ID, SPEND_E4, column_slug
from segmentation.settings import CategoriesSettings


@dataclass(frozen=True)
class Category:
    """A category as it is called, and as it stands in column names."""

    name: str
    slug: str


BROADCAST_NAMES = 1_000_000
"""Up to this many products or descriptions go to every task, which spares a shuffle of all lines."""


def with_category_name(lines: DataFrame, names: DataFrame, count: int) -> DataFrame:
    """Lines with the name of their category, null where they have none.

    Parameters
    ----------
    lines
        Typed lines.
    names
        Category of each product or description: one of these columns, and `category`.
    count
        Rows of `names`.
    """
    (by,) = (name for name in names.columns if name != CATEGORY)
    few = F.broadcast(names) if count <= BROADCAST_NAMES else names
    return lines.drop(CATEGORY).join(few, by, "left").select(lines.columns)


LONGEST_MATCHED = 1_000
"""Characters of a description that patterns look at: Java's matcher takes a frame of its stack for each of a repeated group."""


def matched_descriptions(lines: DataFrame, settings: CategoriesSettings) -> DataFrame:
    """Each distinct description with the category of the first pattern that matches it, null where none does."""
    found, text = F.lit(None).cast("string"), F.substring(DESCRIPTION, 1, LONGEST_MATCHED)
    for rule in reversed(settings.patterns):
        found = F.when(text.rlike(f"(?iu){rule.pattern}"), rule.category).otherwise(found)
    return lines.where(F.col(DESCRIPTION).isNotNull()).select(DESCRIPTION).distinct().withColumn(CATEGORY, found)


def product_categories(lookup: DataFrame) -> DataFrame:
    """A lookup as one row a product: product_id (trimmed, upper-cased) and category (trimmed).

    Raises
    ------
    InputError
        Products that are given more than one category: how many, and some of them.
    """
    code = F.upper(canonical_id(F.col(PRODUCT_ID), lookup.schema[PRODUCT_ID].dataType))
    tidy = lookup.select(code.alias(PRODUCT_ID), F.trim(F.col(CATEGORY).cast("string")).alias(CATEGORY))
    tidy = tidy.where(F.col(PRODUCT_ID).isNotNull() & (F.col(CATEGORY) != ""))
    products = tidy.groupBy(PRODUCT_ID).agg(F.min(CATEGORY).alias(CATEGORY), F.max(CATEGORY).alias("another"))
    torn = products.where(F.col("another") != F.col(CATEGORY))
    some = [row[PRODUCT_ID] for row in torn.orderBy(PRODUCT_ID).limit(5).collect()]
    if some:
        raise InputError(f"categories.lookup: {torn.count():,} products have more than one category, such as {', '.join(some)}")
    return products.drop("another")


def leading_categories(survey: DataFrame, settings: CategoriesSettings) -> tuple[Category, ...]:
    """The categories told apart: those of most gross spend, in order of name, then `other`.

    Parameters
    ----------
    survey
        Accepted lines, counted by category: `spend_e4`.
    settings
        How many, and what the rest is called.
    """
    spend = survey.where(F.col(CATEGORY) != settings.other).groupBy(CATEGORY).agg(F.sum(SPEND_E4).alias(SPEND_E4))
    rows = spend.where(F.col(SPEND_E4) > 0).orderBy(F.desc(SPEND_E4), CATEGORY).limit(settings.most).collect()
    return with_slugs([*sorted(row[CATEGORY] for row in rows), settings.other])


def pattern_categories(settings: CategoriesSettings) -> tuple[Category, ...]:
    """The categories that patterns name, in order of name, then `other`."""
    return with_slugs([*sorted({rule.category for rule in settings.patterns} - {settings.other}), settings.other])


def with_slugs(names: list[str]) -> tuple[Category, ...]:
    """Names with a slug each, unique among them: lower case, words joined by underscores."""
    taken: list[str] = []
    for name in names:
        plain = column_slug(name)
        numbered = (f"{plain}_{number}" for number in count(2))
        taken.append(next(slug for slug in chain([plain], numbered) if slug not in taken))
    return tuple(map(Category, names, taken))


def with_category_place(lines: DataFrame, categories: tuple[Category, ...]) -> DataFrame:
    """Lines with `category` as a place in the list; whatever is not in it, in the last place."""
    place = F.lit(len(categories) - 1)
    for number, category in reversed(list(enumerate(categories[:-1]))):
        place = F.when(F.col(CATEGORY) == category.name, number).otherwise(place)
    return lines.withColumn(CATEGORY, place)
