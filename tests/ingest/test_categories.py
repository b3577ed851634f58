"""Every line is in one category, and categories are called alike everywhere."""

import re

import pytest

from segmentation.errors import InputError
from segmentation.ingest.categories import (
    BROADCAST_NAMES,
    Category,
    leading_categories,
    matched_descriptions,
    pattern_categories,
    product_categories,
    with_category_name,
    with_category_place,
    with_slugs,
)
from segmentation.settings import CategoriesSettings, CategoryPattern

PATTERNS = (
    CategoryPattern(category="Christmas", pattern="christmas|advent"),
    CategoryPattern(category="Kitchen", pattern=r"\bmug\b"),
    CategoryPattern(category="other", pattern="voucher"),
    CategoryPattern(category="Kitchen", pattern="tea ?spoon"),
)


def _survey(spark, rows):
    return spark.createDataFrame(rows, "category STRING, spend_e4 BIGINT")


def _names(categories):
    return [category.name for category in categories]


def test_the_categories_of_most_spend_are_told_apart_and_stand_in_order_of_name(spark):
    rows = [("Toys", 50), ("Garden", 90), ("Books", 30), ("Books", 31)]
    assert _names(leading_categories(_survey(spark, rows), CategoriesSettings(most=2))) == ["Books", "Garden", "other"]


def test_equal_spend_goes_to_the_earlier_name(spark):
    rows = [("Toys", 50), ("Garden", 50), ("Books", 50)]
    assert _names(leading_categories(_survey(spark, rows), CategoriesSettings(most=2))) == ["Books", "Garden", "other"]


def test_missing_names_and_categories_without_spend_do_not_lead(spark):
    rows = [(None, 90), ("Books", None), ("Pens", 0), ("Mugs", 1)]
    assert _names(leading_categories(_survey(spark, rows), CategoriesSettings())) == ["Mugs", "other"]


def test_a_category_of_the_log_that_is_called_other_is_the_other_one(spark):
    rows = [("rest", 90), ("Books", 1)]
    assert _names(leading_categories(_survey(spark, rows), CategoriesSettings(most=1, other="rest"))) == ["Books", "rest"]


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
    names = matched_descriptions(lines, CategoriesSettings(patterns=PATTERNS))
    found = with_category_name(lines, names, count=8).collect()
    assert {row.description: row.category for row in found} == descriptions


def test_each_description_is_matched_once(spark):
    lines = spark.createDataFrame([("Mug",), ("Mug",), (None,), ("Teaspoon",)], "description STRING")
    found = matched_descriptions(lines, CategoriesSettings(patterns=PATTERNS))
    assert sorted(tuple(row) for row in found.collect()) == [("Mug", "Kitchen"), ("Teaspoon", "Kitchen")]


@pytest.mark.parametrize(("count", "is_broadcast"), [(BROADCAST_NAMES, True), (BROADCAST_NAMES + 1, False)])
def test_few_names_go_to_every_task_and_many_do_not(spark, capsys, count, is_broadcast):
    lines = spark.createDataFrame([("Mug", "x")], "description STRING, category STRING")
    names = spark.createDataFrame([("Mug", "Kitchen")], "description STRING, category STRING")
    with_category_name(lines, names, count).explain("extended")
    assert ("rightHint=(strategy=broadcast)" in capsys.readouterr().out) == is_broadcast


def test_the_categories_of_patterns_stand_in_order_of_name_each_once():
    assert _names(pattern_categories(CategoriesSettings(patterns=PATTERNS))) == ["Christmas", "Kitchen", "other"]


def test_a_lookup_gives_each_product_its_category(spark):
    lookup = spark.createDataFrame(
        [(" mug1", " Kitchen "), ("TOY1", "Toys"), ("PEN1", ""), (None, "Toys")], "product_id STRING, category STRING"
    )
    lines = spark.createDataFrame(
        [("MUG1", "x"), ("TOY1", "x"), ("PEN1", "x"), ("NEW1", "x"), (None, "x")], "product_id STRING, category STRING"
    )
    found = with_category_name(lines, product_categories(lookup), count=3).collect()
    expected = {"MUG1": "Kitchen", "TOY1": "Toys", "PEN1": None, "NEW1": None, None: None}
    assert {row.product_id: row.category for row in found} == expected
    assert len(found) == 5


def test_a_lookup_may_repeat_itself(spark):
    lookup = spark.createDataFrame([("MUG1", "Kitchen"), ("mug1", "Kitchen"), ("MUG1", None)], "product_id STRING, category STRING")
    assert [tuple(row) for row in product_categories(lookup).collect()] == [("MUG1", "Kitchen")]


def test_a_lookup_that_contradicts_itself_is_refused_and_names_some_of_the_products(spark):
    rows = [("PEN1", "Office"), ("pen1 ", "Toys"), ("MUG1", "Kitchen")]
    rows += [(f"TOY{number}", category) for number in range(6) for category in ("Toys", "Garden")]
    message = r"categories\.lookup: 7 products have more than one category, such as PEN1, TOY0, TOY1, TOY2, TOY3$"
    with pytest.raises(InputError, match=message):
        product_categories(spark.createDataFrame(rows, "product_id STRING, category STRING"))


def test_a_slug_is_lower_case_with_words_joined_by_underscores():
    names = ["Bags & Boxes", "  Tea/Coffee-2 ", "Küche", "日本", "Café (new)", "?!"]
    assert [category.slug for category in with_slugs(names)] == ["bags_boxes", "tea_coffee_2", "küche", "日本", "café_new", "unnamed"]


def test_slugs_that_would_be_alike_are_numbered():
    names = ["Toys", "TOYS", "toys!", "Ä", "ä", "?", "!", "Toys 2"]
    slugs = [category.slug for category in with_slugs(names)]
    assert slugs[:7] == ["toys", "toys_2", "toys_3", "ä", "ä_2", "unnamed", "unnamed_2"]
    assert len(set(slugs)) == len(names)


def test_a_slug_can_always_stand_in_a_column_name_without_quotes():
    names = ["a.b", "a`b", 'a"b', "a b", "a,b", "a;b", "a\tb"]
    slugs = [category.slug for category in with_slugs(names)]
    assert all(re.fullmatch(r"\w+", slug) for slug in slugs)


def test_a_category_becomes_its_place_and_everything_else_the_last_one(spark):
    categories = (Category("Books", "books"), Category("Toys", "toys"), Category("other", "other"))
    lines = spark.createDataFrame([(name,) for name in ("Toys", "Books", "toys", "other", "Garden", None)], "category STRING")
    assert [row.category for row in with_category_place(lines, categories).collect()] == [1, 0, 2, 2, 2, 2]


def test_a_single_category_is_the_other_one(spark):
    lines = spark.createDataFrame([("Toys",)], "category STRING")
    assert with_category_place(lines, (Category("other", "other"),)).collect() == [(0,)]


def test_an_endless_description_neither_hangs_nor_kills_a_worker(spark):
    """Java's matcher takes a frame of its stack for each of a repeated group: 20,000 are too many."""
    lines = spark.createDataFrame([("ab" * 10_000,), ("c" + "ab" * 10_000,)], "description STRING")
    settings = CategoriesSettings(
        patterns=(CategoryPattern(category="C", pattern="(a|b)*c"), CategoryPattern(category="A", pattern="(a+)+d|^a"))
    )
    found = {row.description[0]: row.category for row in matched_descriptions(lines, settings).collect()}
    assert found == {"a": "A", "c": "C"}
