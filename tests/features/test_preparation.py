"""Features become vectors in which blocks weigh alike, the same in the saved model and in plain SQL."""

import math
from decimal import Decimal
from statistics import pvariance

import duckdb
import pytest
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.features.preparation import PreparedFeature, feature_scales, learn_preparation, preparation_pipeline
from segmentation.features.selection import Feature
from segmentation.settings import BlockWeights, FeatureSettings

ALIKE = BlockWeights()


def feature(name, block="value", family=None, **settings):
    return Feature(name, block, family or name, FeatureSettings(use=True, **settings))


def _customers(spark, **columns):
    rows = list(zip(*(values for _, values in columns.values()), strict=True))
    return spark.createDataFrame(rows, ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())).coalesce(1)


def _vectors(frame):
    return [tuple(row.vector.toArray()) for row in frame.select("vector").collect()]


def test_a_feature_of_its_own_gets_unit_variance():
    scales = feature_scales([feature("recency_days")], {"recency_days": 16.0}, ALIKE)
    assert scales == {"recency_days": 0.25}


def test_features_share_their_block_evenly():
    features = [feature("recency_days"), feature("monetary_net")]
    scales = feature_scales(features, {"recency_days": 16.0, "monetary_net": 4.0}, ALIKE)
    assert scales == pytest.approx({"recency_days": 0.25 / math.sqrt(2), "monetary_net": 0.5 / math.sqrt(2)})


def test_a_weight_counts_within_its_block():
    features = [feature("recency_days", weight=3.0), feature("monetary_net", weight=4.0)]
    scales = feature_scales(features, {"recency_days": 1.0, "monetary_net": 1.0}, ALIKE)
    assert scales == pytest.approx({"recency_days": 0.6, "monetary_net": 0.8})


def test_shares_of_a_family_stay_proportional():
    features = [feature(f"category_share_{n}", "preferences", "category_shares") for n in "ab"]
    scales = feature_scales(features, {"category_share_a": 0.01, "category_share_b": 0.03}, ALIKE)
    assert scales == pytest.approx({"category_share_a": 5.0, "category_share_b": 5.0})


def test_a_constant_feature_gets_scale_zero_and_leaves_its_block_to_the_others():
    features = [feature("recency_days"), feature("monetary_net")]
    assert feature_scales(features, {"recency_days": 0.0, "monetary_net": 4.0}, ALIKE) == {"recency_days": 0.0, "monetary_net": 0.5}


def test_a_constant_share_gets_scale_zero_within_its_family():
    features = [feature(f"category_share_{n}", "preferences", "category_shares") for n in "ab"]
    scales = feature_scales(features, {"category_share_a": 0.0, "category_share_b": 0.04}, ALIKE)
    assert scales == pytest.approx({"category_share_a": 0.0, "category_share_b": 5.0})


def test_a_block_without_weight_gets_scale_zero():
    features = [feature("recency_days"), feature("category_share_a", "preferences", "category_shares")]
    weights = BlockWeights(value=2.0, preferences=0.0)
    assert feature_scales(features, {"recency_days": 1.0, "category_share_a": 1.0}, weights) == {
        "recency_days": 2.0,
        "category_share_a": 0.0,
    }


def test_medians_caps_and_missing_values_are_learnt_in_the_feature_s_own_unit(spark):
    values = [None, None, *map(float, range(1, 102))]
    customers = _customers(spark, order_value_avg=("DOUBLE", values), return_rate=("DOUBLE", [None] * len(values)))
    features = [feature("order_value_avg", transform="cap", cap_quantiles=(0.1, 0.9)), feature("return_rate")]
    value, empty = learn_preparation(customers, features, ALIKE)
    assert (value.missing, value.median, value.low, value.high) == (2, 51.0, 11.0, 91.0)
    assert (empty.missing, empty.median, empty.scale, empty.is_constant) == (103, 0.0, 0.0, True)


def test_no_customers_are_prepared_without_a_fault(spark):
    (learnt,) = learn_preparation(_customers(spark, recency_days=("INT", [])), [feature("recency_days")], ALIKE)
    assert (learnt.missing, learnt.median, learnt.scale) == (0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        ("none", [-100.0, 0.0, 9.0, 2.0, 1e6]),
        ("log1p", [-math.log(101), 0.0, math.log(10), math.log(3), math.log(1_000_001)]),
        ("cap", [-1.5, 0.0, 8.5, 2.0, 8.5]),
    ],
)
def test_a_value_is_transformed_after_the_median_stood_in_for_a_missing_one(spark, transform, expected):
    prepared = PreparedFeature(feature("monetary_net", transform=transform), 1, 2.0, -1.5, 8.5, 1.0)
    amounts = [None if amount is None else Decimal(amount) for amount in ("-100", "0", "9", None, "1000000")]
    customers = _customers(spark, monetary_net=("DECIMAL(18,4)", amounts))
    result = [row[0] for row in customers.select(F.expr(prepared.expression())).collect()]
    assert result == pytest.approx(expected, rel=1e-15)


MIXED = {
    "recency_days": ("INT", [1, 5, 40, 200, 3, 77, 10, 365]),
    "monetary_net": ("DECIMAL(18,4)", [Decimal(text) for text in ("10.5", "-3", "99999.1234", "0.0001", "250", "1200", "17", "64")]),
    "interpurchase_days_avg": ("DOUBLE", [None, 3.5, None, 17 / 3, 40.0, 2.0, None, 365.25]),
    "frequency_orders": ("BIGINT", [7] * 8),
    "category_share_toys": ("DOUBLE", [0.1, 0.0, 0.9, 0.3, 0.5, 1.0, 0.0, 0.25]),
    "category_share_other": ("DOUBLE", [0.9, 1.0, 0.1, 0.7, 0.5, 0.0, 1.0, 0.75]),
    "weekend_order_share": ("DOUBLE", [0.0, 1.0, 0.5, 0.0, 0.0, 1 / 3, 0.0, 0.2]),
}
FEATURES = [
    feature("recency_days", transform="log1p"),
    feature("monetary_net", transform="log1p", weight=3.0),
    feature("interpurchase_days_avg", transform="cap", cap_quantiles=(0.2, 0.8)),
    feature("frequency_orders"),
    feature("category_share_toys", "preferences", "category_shares"),
    feature("category_share_other", "preferences", "category_shares"),
    feature("weekend_order_share", "preferences", weight=0.5),
]


def test_the_variances_of_a_block_sum_to_its_weight_squared(spark):
    customers = _customers(spark, **MIXED)
    prepared = learn_preparation(customers, FEATURES, BlockWeights(value=2.0, preferences=0.5))
    variances = [pvariance(column) for column in zip(*_vectors(preparation_pipeline(prepared).transform(customers)), strict=True)]
    assert (sum(variances[:4]), sum(variances[4:])) == pytest.approx((4.0, 0.25), rel=1e-9)
    assert variances[1] == pytest.approx(9 * variances[0], rel=1e-9)
    assert [variance == 0 for variance in variances] == [False, False, False, True, False, False, False]


def test_a_saved_preparation_gives_the_same_vectors_to_the_last_bit(spark, tmp_path):
    customers = _customers(spark, **MIXED)
    pipeline = preparation_pipeline(learn_preparation(customers, FEATURES, ALIKE))
    path = str(tmp_path / "model")
    storage.write_model(pipeline, path)
    assert _vectors(storage.read_model(path).transform(customers)) == _vectors(pipeline.transform(customers))


def test_the_vector_is_the_scaled_expression_of_each_feature_in_order(spark):
    customers = _customers(spark, recency_days=("INT", [0, 3]), return_rate=("DOUBLE", [None, 0.5]))
    prepared = [
        PreparedFeature(feature("return_rate"), 1, 0.25, 0.0, 1.0, 2.0),
        PreparedFeature(feature("recency_days", transform="log1p"), 0, 1.0, 0.0, 1.0, 10.0),
    ]
    assert _vectors(preparation_pipeline(prepared).transform(customers)) == [(0.5, 0.0), (1.0, 10 * math.log(4))]


def test_the_same_expressions_in_duckdb_give_the_same_values(spark):
    odd = 'shäre "of` 日本'
    columns = {**MIXED, "odd": ("DOUBLE", [1e-12, -2.5, None, 3e200, 0.1, 7.0, -0.0, 1e6])}
    customers = _customers(spark, **columns).withColumnRenamed("odd", odd)
    features = [*FEATURES, *(feature(odd, transform=transform) for transform in ("none", "log1p", "cap"))]
    prepared = learn_preparation(customers, features, ALIKE)
    ours = customers.select(*(F.expr(f.expression()).alias(f"c{n}") for n, f in enumerate(prepared))).toPandas()
    table = customers.toPandas()
    expressions = ", ".join(f.expression('"') + f" AS c{n}" for n, f in enumerate(prepared))
    with duckdb.connect() as outside:
        theirs = outside.register("customers", table).sql(f"SELECT {expressions} FROM customers").df()
    for name in ours.columns:
        assert theirs[name].tolist() == pytest.approx(ours[name].tolist(), rel=1e-15, abs=0)
