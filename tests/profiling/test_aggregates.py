"""What each segment is like, compared with the average customer."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import Row

from segmentation.profiling.aggregates import feature_columns, segment_aggregates, segment_profile, segment_summary

STAMP = {"as_of": date(2011, 12, 10), "run_id": "r1"}
SCHEMA = "segment_id int, monetary_net decimal(18,4), recency_days int, interpurchase_days_avg double, silhouette double, margin double"
FEATURES = ("monetary_net", "recency_days", "interpurchase_days_avg")


def _gathered(segment, customers, net, silhouette=0.5, **features):
    """A row as `gathered` gives it; a feature is (count, mean, quantiles)."""
    cells = {name: Row(count=count, mean=mean, quantiles=quantiles) for name, (count, mean, quantiles) in features.items()}
    places = {"silhouettes": [0.1, 0.6, 0.9], "misplaced": 0, "border_customers": customers // 3}
    return Row(segment_id=segment, customers=customers, revenue_net=Decimal(net), silhouette=silhouette, **places, **cells)


TWO = [
    _gathered(1, 1, "75.00", recency_days=(1, 10.0, [10.0, 10.0, 10.0]), interpurchase_days_avg=(0, None, None)),
    _gathered(2, 3, "25.00", recency_days=(3, 30.0, [15.0, 30.0, 45.0]), interpurchase_days_avg=(2, 7.0, [6.0, 7.0, 8.0])),
]
TWO_FEATURES = ("recency_days", "interpurchase_days_avg")


def test_everything_but_who_and_when_describes_a_customer(spark):
    frame = spark.createDataFrame([("a", date(2011, 12, 10), 1, 2.0)], ["customer_id", "as_of", "recency_days", "category_share_new & old"])
    assert feature_columns(frame) == ("recency_days", "category_share_new & old")


def test_each_segment_is_gathered_in_one_row_in_the_order_of_ids(spark):
    customers = spark.createDataFrame(
        [
            (2, Decimal("1.5000"), 40, None, -0.25, 0.1),
            *((1, Decimal("2.0001"), day, float(day), day / 20, day / 100) for day in range(1, 12)),
            (2, Decimal("0.5000"), 20, None, 0.75, 0.0999),
        ],
        SCHEMA,
    )
    first, second = segment_aggregates(customers, FEATURES)
    assert (first.segment_id, first.customers, first.revenue_net, first.silhouette) == (1, 11, Decimal("22.0011"), pytest.approx(0.3))
    counted = {name: first.recency_days[name] for name in ("count", "mean", "quantiles", "having")}
    assert counted == {"count": 11, "mean": 6.0, "quantiles": [2.0, 6.0, 10.0], "having": 11}
    assert (second.segment_id, second.customers, second.revenue_net, second.silhouette) == (2, 2, Decimal("2.0000"), 0.25)
    nothing = {"count": 0, "mean": None, "quantiles": None, "level": None, "variance": None, "having": 0}
    assert second.interpurchase_days_avg.asDict() == nothing


def test_silhouettes_are_gathered_as_quantiles_and_who_is_misplaced_or_near_the_border_is_counted(spark):
    rows = [
        (1, Decimal(1), 1, None, place / 10, margin) for place, margin in zip(range(-2, 9), [0.0999, 0.1, 0.05, *[0.5] * 8], strict=True)
    ]
    (row,) = segment_aggregates(spark.createDataFrame(rows, SCHEMA), FEATURES)
    assert (row.silhouettes, row.misplaced, row.border_customers) == ([-0.1, 0.3, 0.7], 2, 2)


def test_effects_compare_logarithms_but_of_shares(spark):
    values = [(1, Decimal("-3.5"), 0.25), (1, Decimal("120.75"), 0.5), (1, None, None), (2, Decimal("9"), 0.75)]
    rows = [(segment, net, share, 0.5, 0.5) for segment, net, share in values]
    frame = spark.createDataFrame(rows, "segment_id int, monetary_net decimal(18,4), return_rate double, silhouette double, margin double")
    first, second = segment_aggregates(frame, ("monetary_net", "return_rate"))
    levels = pd.Series([-np.log1p(3.5), np.log1p(120.75)])
    assert (first.monetary_net.level, first.monetary_net.variance) == pytest.approx((levels.mean(), levels.var()))
    assert (first.return_rate.level, first.return_rate.variance) == pytest.approx((0.375, 0.03125))
    assert (second.return_rate.level, second.return_rate.variance) == (0.75, None)


def test_shares_of_customers_and_revenue_add_up_to_1():
    rows = [_gathered(number, 7 * number, f"{number}.3300", recency_days=(1, 1.0, [1.0, 1.0, 1.0])) for number in range(1, 8)]
    summary = segment_summary(rows, ("recency_days",), STAMP)
    assert sum(row["customer_share"] for row in summary) == pytest.approx(1, abs=1e-12)
    assert sum(row["revenue_share"] for row in summary) == pytest.approx(1, abs=1e-12)


def test_the_summary_has_size_revenue_silhouette_and_the_main_features():
    assert segment_summary(TWO, TWO_FEATURES, STAMP)[1] == {
        "segment_id": 2,
        "customers": 3,
        "customer_share": 0.75,
        "revenue_net": Decimal("25.00"),
        "revenue_share": 0.25,
        "silhouette": 0.5,
        "silhouette_p10": 0.1,
        "silhouette_p50": 0.6,
        "silhouette_p90": 0.9,
        "silhouette_below_0_share": 0.0,
        "border_customers": 1,
        "border_share": pytest.approx(1 / 3),
        "recency_days_mean": 30.0,
        "recency_days_median": 30.0,
        "as_of": date(2011, 12, 10),
        "run_id": "r1",
    }


def test_without_revenue_there_is_no_share_of_it():
    rows = [_gathered(number, 1, net, recency_days=(1, 1.0, [1.0, 1.0, 1.0])) for number, net in ((1, "5"), (2, "-5"))]
    assert [row["revenue_share"] for row in segment_summary(rows, ("recency_days",), STAMP)] == [None, None]


def test_the_profile_has_a_row_per_segment_and_feature_with_its_unit():
    profile = segment_profile(TWO, TWO_FEATURES)
    assert [(row["segment_id"], row["feature"], row["unit"]) for row in profile] == [
        (1, "recency_days", "days"),
        (1, "interpurchase_days_avg", "days"),
        (2, "recency_days", "days"),
        (2, "interpurchase_days_avg", "days"),
    ]


def test_the_profile_has_mean_quantiles_and_the_index_against_all_customers():
    profile = {row["segment_id"]: row for row in segment_profile(TWO, TWO_FEATURES) if row["feature"] == "recency_days"}
    # All four customers: (10 + 3 x 30) / 4 = 25 days.
    assert (profile[1]["mean"], profile[1]["index"]) == (10.0, 40.0)
    assert [profile[2][name] for name in ("mean", "p10", "p50", "p90", "index")] == [30.0, 15.0, 30.0, 45.0, 120.0]


def test_a_feature_without_values_is_null_and_counts_in_no_average():
    profile = {row["segment_id"]: row for row in segment_profile(TWO, TWO_FEATURES) if row["feature"] == "interpurchase_days_avg"}
    assert [profile[1][name] for name in ("mean", "p10", "p50", "p90", "index")] == [None] * 5
    assert profile[2]["index"] == 100.0


@pytest.mark.parametrize("mean", [0.0, -2.0])
def test_an_average_that_is_not_above_0_has_no_index(mean):
    (row,) = segment_profile([_gathered(1, 2, "1", return_rate=(2, mean, [mean] * 3))], ("return_rate",))
    assert (row["mean"], row["index"], row["unit"]) == (mean, None, "share")
