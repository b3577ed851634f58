"""RFM segments are what their rules say, for every customer, and equal customers are in the same one."""

from decimal import Decimal
from itertools import product

import numpy as np
import pandas as pd
import pytest
from oracle import rfm
from sklearn.metrics import adjusted_rand_score

from segmentation.analyses.rfm.rfm import adjusted_rand, rfm_baseline, rfm_counts, rfm_overlap
from segmentation.profiling.rfm_scores import RULES, cut_points, holds, with_rfm

SCORES = list(product(range(1, 6), repeat=3))
SCHEMA = "customer_id STRING, segment_id INT, recency_days INT, frequency_orders BIGINT, monetary_net DECIMAL(18,4)"


@pytest.mark.parametrize("scores", SCORES, ids=lambda scores: "".join(map(str, scores)))
def test_every_score_belongs_to_exactly_one_rule(scores):
    assert [rule.name for rule in RULES if holds(rule, *scores)] == [rfm.named(*scores)]


def test_there_are_ten_names():
    assert len({rule.name for rule in RULES}) == 10


@pytest.fixture(scope="module")
def customers():
    """Many who share a value, in each of the three."""
    rng = np.random.default_rng(5)
    n = 600
    return pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(n)],
            "segment_id": rng.integers(1, 4, n),
            "recency_days": rng.integers(0, 90, n),
            "frequency_orders": rng.geometric(0.5, n),
            "monetary_net": [Decimal(int(cents)) / 100 for cents in rng.integers(-500, 9_000, n)],
        }
    )


@pytest.fixture(scope="module")
def scored(spark, customers):
    frame = spark.createDataFrame([tuple(row) for row in customers.itertuples(index=False)], SCHEMA)
    cuts = cut_points(frame)
    return cuts, with_rfm(frame.repartition(7), cuts).cache()


def oracle(customers):
    return rfm.segments(*(customers[name].astype(float).to_numpy() for name in ("recency_days", "frequency_orders", "monetary_net")))


def test_every_customers_segment_is_the_oracles(scored, customers):
    assigned = {row.customer_id: RULES[row.rfm_rule - 1].name for row in scored[1].collect()}
    assert [assigned[name] for name in customers["customer_id"]] == oracle(customers)


def test_cut_points_are_the_quintiles(scored, customers):
    assert scored[0]["monetary_net"] == tuple(rfm.quintiles(customers["monetary_net"].astype(float)))


def test_customers_who_are_all_alike_are_in_one_segment(spark):
    frame = spark.createDataFrame([(str(number), 1, 10, 1, Decimal(5)) for number in range(9)], SCHEMA)
    assert {row.rfm_rule for row in with_rfm(frame, cut_points(frame)).collect()} == {4}


@pytest.fixture(scope="module")
def counted(scored):
    return rfm_counts(scored[1])


def test_the_baseline_counts_and_adds_up_each_segment(counted, customers):
    groups = customers.assign(name=oracle(customers), net=customers["monetary_net"]).groupby("name")
    sizes = {row["rfm_segment"]: (row["customers"], row["revenue_net"]) for row in rfm_baseline(counted)}
    assert sizes == {name: (len(group), sum(group["net"])) for name, group in groups}
    medians = {row["rfm_segment"]: row["recency_days_median"] for row in rfm_baseline(counted)}
    assert medians == {name: np.quantile(group["recency_days"], 0.5, method="inverted_cdf") for name, group in groups}
    assert sum(row["customer_share"] for row in rfm_baseline(counted)) == pytest.approx(1)
    assert sum(row["revenue_share"] for row in rfm_baseline(counted)) == pytest.approx(1)


def test_the_overlap_is_a_cross_table(counted, customers):
    expected = pd.crosstab(customers["segment_id"], np.array(oracle(customers))).stack()
    sizes = {(row["segment_id"], row["rfm_segment"]): row["customers"] for row in rfm_overlap(counted)}
    assert sizes == {pair: count for pair, count in expected.items() if count}


def test_without_revenue_there_are_no_revenue_shares(spark):
    frame = spark.createDataFrame([(str(number), 1, number, 1, Decimal(0)) for number in range(9)], SCHEMA)
    assert {row["revenue_share"] for row in rfm_baseline(rfm_counts(with_rfm(frame, cut_points(frame))))} == {None}


@pytest.mark.parametrize("seed", range(5))
def test_agreement_is_scikit_learns_adjusted_rand_index(seed):
    rng = np.random.default_rng(seed)
    one = rng.integers(0, 4, 300)
    other = np.where(rng.random(300) < 0.6, one, rng.integers(0, 7, 300))
    pairs = pd.Series(list(zip(one, other, strict=True))).value_counts().to_dict()
    assert adjusted_rand(pairs) == pytest.approx(adjusted_rand_score(one, other), abs=1e-12)


def test_the_same_grouping_under_other_names_agrees_wholly():
    assert adjusted_rand({(1, "a"): 5, (2, "b"): 3}) == 1
    assert adjusted_rand({(1, "a"): 5}) == 1
