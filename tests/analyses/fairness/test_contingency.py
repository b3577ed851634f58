"""Levels counted by group, compared with DuckDB."""

import duckdb
import numpy as np
import pyarrow as arrow
import pytest
from pyspark.sql import functions as F

from segmentation.analyses.fairness.leakage import contingency_counts, contingency_table, quintiles


@pytest.fixture(scope="module")
def customers():
    rng = np.random.default_rng(3)
    n = 500
    segment = rng.integers(1, 5, n)
    return arrow.table(
        {
            "segment_id": arrow.array(segment, arrow.int32()),
            "gender": arrow.array(rng.integers(0, 3, n), arrow.int32(), mask=rng.random(n) < 0.1),
            "member": arrow.array(segment % 2, arrow.int32()),
            "age": arrow.array(rng.normal(40, 9, n).round(), mask=rng.random(n) < 0.05),
        }
    )


def test_every_pair_is_counted_once_without_missing_levels(spark, customers):
    frame = spark.createDataFrame(customers)
    rows = contingency_counts(
        frame, {"gender": F.col("gender"), "member": F.col("member")}, {"segments": F.col("segment_id"), "halves": F.col("member")}
    )
    query = "SELECT segment_id, gender, count(*) FROM customers WHERE gender IS NOT NULL GROUP BY ALL"
    oracle = np.zeros((4, 3), dtype=int)
    for segment, gender, count in duckdb.sql(query).fetchall():
        oracle[segment - 1, gender] = count
    assert contingency_table(rows, "gender", "segments").tolist() == oracle.tolist()
    determined = contingency_table(rows, "member", "halves")
    assert (determined.shape, determined[0, 1], determined[1, 0], determined.sum()) == ((2, 2), 0, 0, 500)


def test_numbers_are_counted_by_quintiles(spark, customers):
    frame = spark.createDataFrame(customers)
    counted = frame.groupBy(quintiles(frame, ["age"])["age"].alias("quintile")).agg(F.count("*"), F.min("age"), F.max("age")).collect()
    by_quintile = {row[0]: tuple(row)[1:] for row in counted}
    cuts = [float(cut) for (cut,) in duckdb.sql("SELECT unnest(quantile_disc(age, [0.2, 0.4, 0.6, 0.8])) FROM customers").fetchall()]
    ((oracle,),) = duckdb.sql(f"SELECT histogram(age, {[*cuts, 1000.0]}) FROM customers WHERE age IS NOT NULL").fetchall()
    assert [by_quintile[number][0] for number in range(5)] == list(oracle.values())
    assert [by_quintile[number][2] for number in range(4)] == cuts
    assert by_quintile[None][0] == customers["age"].null_count


def test_an_attribute_that_nobody_has_gives_an_empty_table(spark):
    frame = spark.createDataFrame([(1, None)], "segment_id INT, gender INT")
    rows = contingency_counts(frame, {"gender": F.col("gender")}, {"segments": F.col("segment_id")})
    assert contingency_table(rows, "gender", "segments").shape == (0, 0)
