"""What can be predicted is predicted for customers that the trees have not seen."""

import numpy as np
import pytest
from pyspark.sql import functions as F

from segmentation.analyses.backtest.outcomes import N_FOLDS, OUTCOMES, quantile_group
from segmentation.analyses.backtest.predictability import Predictions, predict_outcomes


@pytest.fixture(scope="module")
def customers(spark):
    """2,000 customers: repurchase follows from two features together, orders from nothing, and spend is the same for all."""
    numbers = spark.range(2000).select(
        F.concat(F.lit("c"), "id").alias("customer_id"),
        (F.col("id") % 7).cast("double").alias("one"),
        F.when(F.col("id") % 5 != 0, F.col("id") % 5).alias("other"),
        F.pmod(F.xxhash64("id"), F.lit(4)).alias("orders"),
        F.lit(5).alias("spend"),
    )
    return numbers.withColumn("repurchase", ((F.col("one") > 3) == F.coalesce(F.col("other") > 2, F.lit(True))).cast("int"))


@pytest.fixture(scope="module")
def predicted(customers):
    return predict_outcomes(customers, ["one", "other"], seed=3)


def test_what_follows_from_the_features_is_predicted_and_nothing_else(predicted):
    assert predicted.share("repurchase") > 0.95
    assert -0.2 < predicted.share("orders") < 0.05
    assert np.isnan(predicted.share("spend"))


def test_predictions_depend_on_the_rows_and_not_on_their_order(customers, predicted):
    again = predict_outcomes(customers.orderBy(F.desc("customer_id")).repartition(3), ["one", "other"], seed=3)
    np.testing.assert_array_equal(again.predicted, predicted.predicted)


def test_nobody_is_predicted_from_themselves(customers):
    """A feature that names each customer teaches nothing about the others."""
    named = customers.withColumn("name", F.xxhash64("customer_id").cast("double"))
    assert predict_outcomes(named, ["name"], seed=3).share("repurchase") < 0.05


def test_a_share_without_a_fold_leaves_out_its_customers():
    outcomes, folds = np.array([[0.0] * 3, [1.0] * 3, [0.0] * 3, [1.0] * 3]), np.array([0, 0, 1, 1])
    predictions = Predictions(outcomes, np.array([[0.0] * 3, [1.0] * 3, [0.5] * 3, [0.5] * 3]), folds)
    assert [predictions.share(outcome) for outcome in OUTCOMES] == [0.5] * 3
    shares = predictions.leave_one_fold_out("spend")
    assert list(shares[:2]) == [0.0, 1.0]
    assert (len(shares), int(np.isnan(shares).sum())) == (N_FOLDS, N_FOLDS - 2)


def test_one_fold_alone_is_predicted_by_its_mean(customers):
    predictions = predict_outcomes(customers.limit(1), ["one", "other"], seed=3)
    np.testing.assert_array_equal(predictions.predicted, predictions.outcomes)


def test_groups_by_quantile_are_of_equal_size_where_values_differ_and_fewer_where_they_do_not(spark):
    values = spark.range(1, 101).select(F.col("id").cast("double").alias("v"), F.greatest(F.col("id") - 60, F.lit(0)).alias("shared"))
    even, shared = quantile_group(values, F.col("v"), 4), quantile_group(values, F.col("shared"), 5)
    rows = values.select(even.alias("even"), shared.alias("shared")).toPandas()
    assert rows["even"].value_counts().to_dict() == {1: 25, 2: 25, 3: 25, 4: 25}
    assert rows["shared"].value_counts().to_dict() == {1: 60, 2: 20, 3: 20}
