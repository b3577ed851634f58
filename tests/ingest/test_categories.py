"""Every line has one category, from the log, a lookup table or patterns."""

import re

import pytest

from segmentation.errors import InputError
from segmentation.ingest.categories import (
    BROADCAST_NAMES,
    CategoryNames,
    description_categories,
    leading_categories,
    pattern_categories,
    product_categories,
    with_category,
    with_category_index,
    with_slugs,
)
from segmentation.schemas import Category
from segmentation.settings import CategoriesSettings, CategoryPattern

PATTERNS = (
    CategoryPattern(category="Christmas", pattern="christmas|advent"),
    CategoryPattern(category="Kitchen", pattern=r"\bmug\b"),
    CategoryPattern(category="other", pattern="voucher"),
    CategoryPattern(category="Kitchen", pattern="tea ?spoon"),
)


def _spend(spark, rows):
    return spark.createDataFrame(rows, "category STRING, spend_e4 BIGINT")


def _names(categories):
    return [category.name for category in categories]


def test_the_categories_with_the_largest_spend_lead_in_order_of_name(spark):
    rows = [("Toys", 50), ("Garden", 90), ("Books", 30), ("Books", 31)]
    assert _names(leading_categories(_spend(spark, rows), CategoriesSettings(max_categories=2))) == ["Books", "Garden", "other"]


def test_of_equal_spend_the_first_name_leads(spark):
    rows = [("Toys", 50), ("Garden", 50), ("Books", 50)]
    assert _names(leading_categories(_spend(spark, rows), CategoriesSettings(max_categories=2))) == ["Books", "Garden", "other"]


def test_missing_names_and_categories_without_spend_do_not_lead(spark):
    rows = [(None, 90), ("Books", None), ("Pens", 0), ("Mugs", 1)]
    assert _names(leading_categories(_spend(spark, rows), CategoriesSettings())) == ["Mugs", "other"]


def test_a_category_of_the_log_named_other_is_merged_into_other(spark):
    rows = [("rest", 90), ("Books", 1)]
    assert _names(leading_categories(_spend(spark, rows), CategoriesSettings(max_categories=1, other="rest"))) == ["Books", "rest"]


def test_the_first_pattern_that_matches_decides_whatever_the_case(spark):
    descriptions = {
        "CHRISTMAS MUG": "Christmas",
        "mug with handle": "Kitchen",
        "SMUGGLER": None,
        "Advent calendar": "Christmas",
        "Teaspoon": "Kitchen",
        "tea spoon": "Kitchen",
        "gift VOUCHER": "other",
        "": None,
        None: None,
    }
    lines = spark.createDataFrame([(text, "from the log") for text in descriptions], "description STRING, category STRING")
    names = description_categories(lines, CategoriesSettings(patterns=PATTERNS))
    result = with_category(lines, CategoryNames(names, 8)).collect()
    assert {row.description: row.category for row in result} == descriptions


def test_each_description_is_matched_once(spark):
    lines = spark.createDataFrame([("Mug",), ("Mug",), (None,), ("Teaspoon",)], "description STRING")
    result = description_categories(lines, CategoriesSettings(patterns=PATTERNS))
    assert sorted(tuple(row) for row in result.collect()) == [("Mug", "Kitchen"), ("Teaspoon", "Kitchen")]


@pytest.mark.parametrize(("count", "is_broadcast"), [(BROADCAST_NAMES, True), (BROADCAST_NAMES + 1, False)])
def test_a_small_table_of_names_is_broadcast_and_a_large_one_is_not(spark, capsys, count, is_broadcast):
    lines = spark.createDataFrame([("Mug", "x")], "description STRING, category STRING")
    names = spark.createDataFrame([("Mug", "Kitchen")], "description STRING, category STRING")
    with_category(lines, CategoryNames(names, count)).explain("extended")
    assert ("rightHint=(strategy=broadcast)" in capsys.readouterr().out) == is_broadcast


def test_the_categories_of_patterns_are_in_order_of_name_without_repetition():
    assert _names(pattern_categories(CategoriesSettings(patterns=PATTERNS))) == ["Christmas", "Kitchen", "other"]


def test_a_lookup_gives_each_product_its_category(spark):
    lookup = spark.createDataFrame(
        [(" mug1", " Kitchen "), ("TOY1", "Toys"), ("PEN1", ""), (None, "Toys")], "product_id STRING, category STRING"
    )
    lines = spark.createDataFrame(
        [("MUG1", "x"), ("TOY1", "x"), ("PEN1", "x"), ("NEW1", "x"), (None, "x")], "product_id STRING, category STRING"
    )
    result = with_category(lines, CategoryNames(product_categories(lookup), 3)).collect()
    expected = {"MUG1": "Kitchen", "TOY1": "Toys", "PEN1": None, "NEW1": None, None: None}
    assert {row.product_id: row.category for row in result} == expected
    assert len(result) == 5


def test_a_lookup_may_have_equal_rows(spark):
    lookup = spark.createDataFrame([("MUG1", "Kitchen"), ("mug1", "Kitchen"), ("MUG1", None)], "product_id STRING, category STRING")
    assert [tuple(row) for row in product_categories(lookup).collect()] == [("MUG1", "Kitchen")]


def test_a_product_with_two_categories_is_an_error_that_names_examples(spark):
    rows = [("PEN1", "Office"), ("pen1 ", "Toys"), ("MUG1", "Kitchen")]
    rows += [(f"TOY{number}", category) for number in range(6) for category in ("Toys", "Garden")]
    message = r"categories\.lookup: 7 products have more than one category, such as PEN1, TOY0, TOY1, TOY2, TOY3$"
    with pytest.raises(InputError, match=message):
        product_categories(spark.createDataFrame(rows, "product_id STRING, category STRING"))


def test_a_slug_is_lower_case_with_words_joined_by_underscores():
    names = ["Bags & Boxes", "  Tea/Coffee-2 ", "Küche", "日本", "Café (new)", "?!"]
    assert [category.slug for category in with_slugs(names)] == ["bags_boxes", "tea_coffee_2", "küche", "日本", "café_new", "unnamed"]


def test_equal_slugs_are_numbered():
    names = ["Toys", "TOYS", "toys!", "Ä", "ä", "?", "!", "Toys 2"]
    slugs = [category.slug for category in with_slugs(names)]
    assert slugs[:7] == ["toys", "toys_2", "toys_3", "ä", "ä_2", "unnamed", "unnamed_2"]
    assert len(set(slugs)) == len(names)


def test_slugs_need_no_quotes_in_column_names():
    names = ["a.b", "a`b", 'a"b', "a b", "a,b", "a;b", "a\tb"]
    slugs = [category.slug for category in with_slugs(names)]
    assert all(re.fullmatch(r"\w+", slug) for slug in slugs)


def test_a_category_becomes_its_index_and_all_others_the_last_index(spark):
    categories = (Category("Books", "books"), Category("Toys", "toys"), Category("other", "other"))
    lines = spark.createDataFrame([(name,) for name in ("Toys", "Books", "toys", "other", "Garden", None)], "category STRING")
    assert [row.category for row in with_category_index(lines, categories).collect()] == [1, 0, 2, 2, 2, 2]


def test_a_single_category_is_other(spark):
    lines = spark.createDataFrame([("Toys",)], "category STRING")
    assert with_category_index(lines, (Category("other", "other"),)).collect() == [(0,)]


def test_an_endless_description_neither_hangs_nor_kills_a_worker(spark):
    """Java's matcher uses a stack frame for each repetition of a group: 20,000 are too many."""
    lines = spark.createDataFrame([("ab" * 10_000,), ("c" + "ab" * 10_000,)], "description STRING")
    settings = CategoriesSettings(
        patterns=(CategoryPattern(category="C", pattern="(a|b)*c"), CategoryPattern(category="A", pattern="(a+)+d|^a"))
    )
    result = {row.description[0]: row.category for row in description_categories(lines, settings).collect()}
    assert result == {"a": "A", "c": "C"}
