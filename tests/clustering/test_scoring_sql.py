"""The saved pipeline, Spark SQL and DuckDB assign the same segments."""

import duckdb
import numpy as np
import pandas as pd
import pytest
from pyspark.ml import PipelineModel

from segmentation.clustering.assignment import scoring_sql
from segmentation.clustering.full_fit import lloyd_iterations
from segmentation.clustering.k_sweep import collect_points
from segmentation.clustering.segments import order_segments, segment_id_stage
from segmentation.features.preparation import learn_preparation, preparation_pipeline
from segmentation.features.selection import used_features
from segmentation.settings import ClusteringSettings, FeatureSettings, FeaturesSettings
from segmentation.settings.features import PreferenceFeatures, ValueFeatures

SCHEMA = """customer_id string, recency_days int, frequency_orders bigint, monetary_net decimal(18,4), order_value_avg double,
interpurchase_days_avg double, return_rate double, `category_share_it's "new" & co.` double, category_share_other double"""


def _rows(count):
    """Customers of three kinds, some without a time between purchases."""
    draw = np.random.default_rng(1)
    for number in range(count):
        kind = number % 3
        orders, share = int(draw.integers(1, 4 + 20 * kind)), float(draw.uniform())
        net = round(float(draw.lognormal(2 + 2 * kind, 1)), 2)
        gap = None if orders == 1 else float(draw.uniform(1, 90))
        yield (f"c{number}", int(draw.integers(1, 300)), orders, net, net / orders, gap, float(draw.uniform(0, 0.5)), share, 1 - share)


@pytest.fixture(scope="module")
def scored(spark, tmp_path_factory):
    """Features on disk, the pipeline over them, and SQL for a quote and a table."""
    path = str(tmp_path_factory.mktemp("scoring") / "customer_features")
    rows = spark.createDataFrame(list(_rows(150)), SCHEMA.replace("decimal(18,4)", "double"))
    rows.withColumn("monetary_net", rows.monetary_net.cast("decimal(18,4)")).coalesce(1).write.parquet(path)
    features = spark.read.parquet(path)
    capped = FeatureSettings(use=True, transform="cap", cap_quantiles=(0.1, 0.9), weight=2.0)
    settings = FeaturesSettings(
        value=ValueFeatures(interpurchase_days_avg=FeatureSettings(use=True, transform="log1p"), return_rate=capped),
        preferences=PreferenceFeatures(category_shares=FeatureSettings(use=True, weight=0.5)),
    )
    prepared = learn_preparation(features, used_features(settings, features.columns), settings.block_weights)
    preparation = preparation_pipeline(prepared)
    vectors = preparation.transform(features)
    model = lloyd_iterations(vectors, collect_points(vectors)[:4], ClusteringSettings(max_iter=5), lambda done, of: None)
    segments = order_segments(model.transform(vectors), model).renumbered([1, 4, 2, 7])
    pipeline = PipelineModel([*preparation.stages, model, segment_id_stage(segments)])

    def sql(quote, table):
        return scoring_sql([(feature.expression(quote), feature.scale) for feature in prepared], segments.ids, segments.centers, table)

    expected = {row.customer_id: row.segment_id for row in pipeline.transform(features).select("customer_id", "segment_id").collect()}
    return features, path, expected, sql


def test_duckdb_assigns_the_segments_of_the_pipeline(scored):
    _, path, expected, sql = scored
    rows = duckdb.sql(sql('"', f"read_parquet('{path}/*.parquet')")).fetchall()
    assert {customer: segment for customer, segment, _ in rows} == expected
    assert set(expected.values()) == {1, 2, 4, 7}
    assert len(rows) == 150


def test_spark_sql_assigns_the_segments_of_the_pipeline(scored, spark):
    features, _, expected, sql = scored
    features.createOrReplaceTempView("customer_features")
    assert {row.customer_id: row.segment_id for row in spark.sql(sql("`", "customer_features")).collect()} == expected


def test_the_query_has_the_distance_and_the_first_of_equally_near_segments():
    features = "(VALUES ('a', 1.0, NULL), ('b', 4.5, 2.0), ('c', 9.0, 0.0)) AS customer_features(customer_id, x, y)"
    query = scoring_sql([("x", 2.0), ("COALESCE(y, 3e0)", 1.0)], [3, 7], np.array([[2.0, -1.0], [16.0, -1.0]]), features)
    assert duckdb.sql(query).fetchall() == [("a", 3, 4.0), ("b", 3, pytest.approx(58**0.5)), ("c", 7, pytest.approx(5**0.5))]


def test_numbers_of_the_query_are_exact_to_the_last_bit():
    center = [0.1 + 0.2, -1e-7 / 3, 1e22 / 3, 5.0]
    features = duckdb.from_df(pd.DataFrame([["a", *center]], columns=["customer_id", "p", "q", "r", "s"]))
    query = scoring_sql([(name, 1.0) for name in "pqrs"], [1, 2], np.array([center, [0.0] * 4]), "features")
    assert features.query("features", query).fetchall() == [("a", 1, 0.0)]
