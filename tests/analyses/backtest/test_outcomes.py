"""What customers did next is summed exactly, in any order of rows."""

import pytest
from pyspark.sql import functions as F

from segmentation.analyses.backtest.outcomes import N_FOLDS, customer_outcomes, outcome_sums, random_group, with_outcomes

ORDERS = "customer_id STRING, gross_e4 BIGINT, returned_e4 BIGINT"
LARGE = 10**13


@pytest.fixture(scope="module")
def customers(spark):
    """Five hundred of them; the first three came back."""
    orders = [("c0", 100, 0), ("c0", 50, 20), ("c0", 0, 30), ("c1", 0, 70), ("c2", LARGE, 0)]
    known = spark.range(500).select(F.concat(F.lit("c"), "id").alias("customer_id"), (F.col("id") % 2 + 1).cast("int").alias("segment_id"))
    return with_outcomes(known, customer_outcomes(spark.createDataFrame(orders, ORDERS))).cache()


def test_a_purchase_is_an_order_with_a_positive_net_and_spend_is_net_of_returns(customers):
    outcomes = {row.customer_id: (row.repurchase, row.orders, row.spend) for row in customers.where("customer_id < 'c3'").collect()}
    assert {name: outcomes[name] for name in ("c0", "c1", "c2", "c10")} == {
        "c0": (1, 2, 100),
        "c1": (0, 0, -70),
        "c2": (1, 1, LARGE),
        "c10": (0, 0, 0),
    }


def test_sums_by_group_and_fold_add_up(customers):
    rows = outcome_sums(customers, {"segments": F.col("segment_id"), "one": F.lit(1)}, seed=3)
    totals = {
        name: tuple(
            sum(row[column] for row in rows if row["grouping"] == name) for column in ("customers", "orders", "spend", "spend_squared")
        )
        for name in ("segments", "one")
    }
    assert totals["segments"] == totals["one"] == (500, 3, LARGE + 30, LARGE**2 + 100**2 + 70**2)
    assert [sum(row["customers"] for row in rows if (row["grouping"], row["group"]) == ("segments", g)) for g in (1, 2)] == [250, 250]
    assert {row["fold"] for row in rows} <= set(range(N_FOLDS))


def test_random_groups_depend_on_id_and_seed_and_are_about_as_large(customers):
    def sizes(frame, seed):
        grouped = frame.withColumn("g", random_group(4, seed))
        return grouped.select("customer_id", "g").toPandas().sort_values("customer_id")["g"].tolist()

    once = sizes(customers, 1)
    assert once == sizes(customers.repartition(5), 1)
    assert once != sizes(customers, 2)
    assert [90 < once.count(group) < 160 for group in (1, 2, 3, 4)] == [True] * 4
