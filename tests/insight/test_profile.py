"""What each segment is like, beside the average customer."""

from datetime import date
from decimal import Decimal

import pytest
from pyspark.sql import Row

from segmentation.insight.profile import features_of, gathered, segment_profile, segment_summary

STAMP = {"as_of": date(2011, 12, 10), "run_id": "r1"}
SCHEMA = "segment_id int, monetary_net decimal(18,4), recency_days int, interpurchase_days_avg double, silhouette double"
FEATURES = ("monetary_net", "recency_days", "interpurchase_days_avg")


def _gathered(segment, customers, net, silhouette=0.5, **features):
    """A row as `gathered` gives it; a feature is (count, mean, quantiles)."""
    cells = {name: Row(count=count, mean=mean, quantiles=quantiles) for name, (count, mean, quantiles) in features.items()}
    return Row(segment_id=segment, customers=customers, revenue_net=Decimal(net), silhouette=silhouette, **cells)


TWO = [
    _gathered(1, 1, "75.00", recency_days=(1, 10.0, [10.0, 10.0, 10.0]), interpurchase_days_avg=(0, None, None)),
    _gathered(2, 3, "25.00", recency_days=(3, 30.0, [15.0, 30.0, 45.0]), interpurchase_days_avg=(2, 7.0, [6.0, 7.0, 8.0])),
]
TWO_FEATURES = ("recency_days", "interpurchase_days_avg")


def test_everything_but_who_and_when_describes_a_customer(spark):
    frame = spark.createDataFrame([("a", date(2011, 12, 10), 1, 2.0)], ["customer_id", "as_of", "recency_days", "category_share_new & old"])
    assert features_of(frame) == ("recency_days", "category_share_new & old")


def test_each_segment_is_gathered_in_one_row_in_the_order_of_ids(spark):
    customers = spark.createDataFrame(
        [
            (2, Decimal("1.5000"), 40, None, 0.25),
            *((1, Decimal("2.0001"), day, float(day), 0.5) for day in range(1, 12)),
            (2, Decimal("0.5000"), 20, None, 0.75),
        ],
        SCHEMA,
    )
    first, second = gathered(customers, FEATURES)
    assert (first.segment_id, first.customers, first.revenue_net, first.silhouette) == (1, 11, Decimal("22.0011"), 0.5)
    assert first.recency_days.asDict() == {"count": 11, "mean": 6.0, "quantiles": [2.0, 6.0, 10.0]}
    assert (second.segment_id, second.customers, second.revenue_net, second.silhouette) == (2, 2, Decimal("2.0000"), 0.5)
    assert second.interpurchase_days_avg.asDict() == {"count": 0, "mean": None, "quantiles": None}


def test_shares_of_customers_and_revenue_add_up_to_1():
    rows = [_gathered(number, 7 * number, f"{number}.3300", recency_days=(1, 1.0, [1.0, 1.0, 1.0])) for number in range(1, 8)]
    summary = segment_summary(rows, ("recency_days",), STAMP)
    assert sum(row["customer_share"] for row in summary) == pytest.approx(1, abs=1e-12)
    assert sum(row["revenue_share"] for row in summary) == pytest.approx(1, abs=1e-12)


def test_the_summary_tells_size_revenue_silhouette_and_the_main_features():
    assert segment_summary(TWO, TWO_FEATURES, STAMP)[1] == {
        "segment_id": 2,
        "customers": 3,
        "customer_share": 0.75,
        "revenue_net": Decimal("25.00"),
        "revenue_share": 0.25,
        "silhouette": 0.5,
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


def test_the_profile_tells_mean_quantiles_and_the_index_against_all_customers():
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
