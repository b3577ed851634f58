"""Levels counted by group in one look, against DuckDB."""

import duckdb
import numpy as np
import pyarrow as arrow
import pytest
from pyspark.sql import functions as F

from segmentation.insight.contingency import fifths, meetings, table_of


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


def test_every_pair_is_counted_once_and_who_lacks_a_level_is_not(spark, customers):
    frame = spark.createDataFrame(customers)
    rows = meetings(
        frame, {"gender": F.col("gender"), "member": F.col("member")}, {"segments": F.col("segment_id"), "halves": F.col("member")}
    )
    query = "SELECT segment_id, gender, count(*) FROM customers WHERE gender IS NOT NULL GROUP BY ALL"
    oracle = np.zeros((4, 3), dtype=int)
    for segment, gender, count in duckdb.sql(query).fetchall():
        oracle[segment - 1, gender] = count
    assert table_of(rows, "gender", "segments").tolist() == oracle.tolist()
    determined = table_of(rows, "member", "halves")
    assert (determined.shape, determined[0, 1], determined[1, 0], determined.sum()) == ((2, 2), 0, 0, 500)


def test_numbers_are_counted_by_fifths(spark, customers):
    frame = spark.createDataFrame(customers)
    counted = frame.groupBy(fifths(frame, ["age"])["age"].alias("fifth")).agg(F.count("*"), F.min("age"), F.max("age")).collect()
    found = {row[0]: tuple(row)[1:] for row in counted}
    cuts = [float(cut) for (cut,) in duckdb.sql("SELECT unnest(quantile_disc(age, [0.2, 0.4, 0.6, 0.8])) FROM customers").fetchall()]
    ((oracle,),) = duckdb.sql(f"SELECT histogram(age, {[*cuts, 1000.0]}) FROM customers WHERE age IS NOT NULL").fetchall()
    assert [found[fifth][0] for fifth in range(5)] == list(oracle.values())
    assert [found[fifth][2] for fifth in range(4)] == cuts
    assert found[None][0] == customers["age"].null_count


def test_what_nobody_has_makes_no_table(spark):
    frame = spark.createDataFrame([(1, None)], "segment_id INT, gender INT")
    rows = meetings(frame, {"gender": F.col("gender")}, {"segments": F.col("segment_id")})
    assert table_of(rows, "gender", "segments").shape == (0, 0)
