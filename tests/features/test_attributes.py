"""Attributes become columns of customer_features, each with a name of its own and a flag where it is missing."""

import pytest

from segmentation.features.attributes import attribute_features, with_attribute_columns, with_missing_flags
from segmentation.features.preparation import learn_preparation, preparation_pipeline
from segmentation.features.selection import used_features
from segmentation.settings import AttributeColumn, AttributesSettings, FeaturesSettings

AGE = AttributeColumn(column="Age", type="number", weight=2.0)
SEX = AttributeColumn(column="Sex", type="nominal")
LEVELS = {"sex": ("Female", "Male", "X")}


def _settings(**columns):
    return AttributesSettings(format="csv", path="t.csv", customer_id="No", columns=columns)


def _features(levels, with_other=frozenset(), **columns):
    return attribute_features(_settings(**columns), levels, with_other)


def test_a_number_stays_a_column_and_a_nominal_attribute_becomes_one_for_each_level():
    result = _features(LEVELS, frozenset({"sex"}), age=AGE, sex=SEX)
    assert [(f.name, f.level, f.unit) for f in result] == [
        ("age", None, "number"),
        ("sex_female", "Female", "share"),
        ("sex_male", "Male", "share"),
        ("sex_x", "X", "share"),
        ("sex_other", "other", "share"),
    ]


def test_levels_whose_names_would_collide_are_numbered():
    levels = {"town": ("São-Paulo", "são paulo", "missing"), "town_a": ("b",), "t": ("own a b", "own")}
    result = _features(levels, town=SEX, town_a=SEX, t=SEX, t_own=AGE)
    assert [f.name for f in result] == [
        "town_são_paulo",
        "town_são_paulo_2",
        "town_missing_2",
        "town_a_b",
        "t_own_a_b",
        "t_own_2",
        "t_own",
    ]


def test_a_missing_attribute_is_null_in_all_its_columns_and_flagged(spark):
    features = _features(LEVELS, age=AGE, sex=SEX)
    customers = spark.createDataFrame([("a", 30.0, 1), ("b", None, 0), ("c", 20.0, None)], "customer_id STRING, age DOUBLE, sex INT")
    frame = with_missing_flags(with_attribute_columns(customers, features), features, {"age": 1, "sex": 1})
    assert frame.columns == ["customer_id", "age", "sex_female", "sex_male", "sex_x", "age_missing", "sex_missing"]
    assert [tuple(row) for row in frame.orderBy("customer_id").collect()] == [
        ("a", 30.0, 0, 1, 0, 0, 0),
        ("b", None, 1, 0, 0, 1, 0),
        ("c", 20.0, None, None, None, 0, 1),
    ]


def test_an_attribute_nobody_lacks_has_no_flag(spark):
    features = _features({}, age=AGE)
    customers = spark.createDataFrame([("a", 30.0)], "customer_id STRING, age DOUBLE")
    assert with_missing_flags(with_attribute_columns(customers, features), features, {"age": 0}).columns == ["customer_id", "age"]


def test_attributes_are_a_block_of_their_own_and_levels_a_family():
    attributes = _features(LEVELS, age=AGE, sex=SEX, idle=AttributeColumn(column="I", type="boolean", use=False))
    result = used_features(FeaturesSettings(), ["recency_days", "age", "sex_female", "sex_male", "sex_x", "idle"], attributes)
    assert [(f.name, f.block, f.family, f.is_level) for f in result][1:] == [
        ("age", "attributes", "age", False),
        ("sex_female", "attributes", "sex", True),
        ("sex_male", "attributes", "sex", True),
        ("sex_x", "attributes", "sex", True),
    ]


def test_levels_share_one_scale_and_a_missing_one_is_the_most_frequent(spark):
    attributes = _features(LEVELS, age=AGE.model_copy(update={"weight": 1.0}), sex=SEX)
    rows = [(30.0, 0, 1, 0), (20.0, 1, 0, 0), (None, 0, 1, 0), (25.0, 0, 0, 1), (40.0, None, None, None)]
    customers = spark.createDataFrame(rows, "age DOUBLE, sex_female INT, sex_male INT, sex_x INT").coalesce(1)
    settings = FeaturesSettings()
    prepared = learn_preparation(customers, used_features(settings, customers.columns, attributes), settings.block_weights)
    assert [(f.missing, f.median) for f in prepared] == [(1, 25.0), (1, 0.0), (1, 1.0), (1, 0.0)]
    assert len({f.scale for f in prepared[1:]}) == 1
    vectors = [tuple(row.vector.toArray()) for row in preparation_pipeline(prepared).transform(customers).collect()]
    assert vectors[4][1:] == vectors[0][1:] == (0.0, pytest.approx(prepared[2].scale), 0.0)
    spread = [sum((v - sum(column) / 5) ** 2 for v in column) / 5 for column in zip(*vectors, strict=True)]
    assert (spread[0], sum(spread[1:])) == (pytest.approx(0.5), pytest.approx(0.5))
