"""A real retailer's year, held against an independent calculation in DuckDB."""

from datetime import UTC, datetime
from shutil import copytree

import duckdb
import pytest
from ingest.logs import read_validated_lines
from oracle import online_retail, rfm
from pyspark.sql import functions as F

from segmentation.ingest.rules import IS_REJECTED
from segmentation.pipeline.run import segment
from segmentation.schemas import AMOUNT_E4, CUSTOMER_ID, IS_RETURN
from segmentation.settings import load_settings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def log(real_data):
    return real_data / "online_retail"


@pytest.fixture(scope="module")
def published(as_shipped, log, tmp_path_factory):
    root = tmp_path_factory.mktemp("online_retail")
    places = {"input.path": str(log), "output.path": str(root), "clustering.k_max": 6}
    segment(as_shipped, load_settings("conf/online_retail.yaml", values=places), datetime(2026, 1, 1, tzinfo=UTC))
    return root / "current"


def accounted(published, where):
    return duckdb.sql(
        f"""SELECT coalesce(sum(count), 0), CAST(coalesce(sum(amount), 0) * 10000 AS BIGINT)
        FROM '{published}/accounting/*.parquet' WHERE {where}"""
    ).fetchall()[0]


def test_the_figures_of_the_data_come_out(published):
    lines = dict(
        duckdb.sql(
            f"""SELECT coalesce(reason, outcome), count_any_reason FROM '{published}/accounting/*.parquet'
            WHERE outcome IN ('read', 'rejected', 'seen')"""
        ).fetchall()
    )
    assert lines == {"read": 541_909, "guest": 135_080, "price_not_above_zero": 2_517, "not_a_product": 2_950, "seen": 4_372}


def test_the_accounting_is_the_oracles_to_the_ten_thousandth(published, log):
    expected = online_retail.accounting(log)
    outcomes = ("read", "rejected", "accepted", "voided")
    counted = {outcome: accounted(published, f"subject = 'lines' AND outcome = '{outcome}'") for outcome in outcomes}
    assert counted == {part: (expected[f"lines_{part}"], expected[f"amount_e4_{part}"]) for part in counted}


def test_customers_left_out_have_the_oracles_reasons(published, log):
    reasons = dict(duckdb.sql(f"SELECT reason, count(*) FROM '{published}/unsegmented_customers/*.parquet' GROUP BY 1").fetchall())
    assert reasons == online_retail.unsegmented(log)


def test_every_customers_features_are_the_oracles_exactly(published, log):
    expected = online_retail.customer_features(log)
    differing = duckdb.sql(
        f"""SELECT customer_id, recency_days, tenure_days, frequency_orders, purchase_days,
        CAST(monetary_gross * 10000 AS BIGINT) AS monetary_gross_e4, CAST(monetary_net * 10000 AS BIGINT) AS monetary_net_e4,
        order_value_avg, interpurchase_days_avg, breadth_products, return_rate, weekend_order_share
        FROM '{published}/customer_features/*.parquet' ORDER BY customer_id"""
    ).df()
    expected = expected.sort_values("customer_id", ignore_index=True)[list(differing.columns)]
    equal = differing.eq(expected) | (differing.isna() & expected.isna())
    different = {name: int((~equal[name]).sum()) for name in differing}
    assert len(differing) == len(expected) == 4_333
    assert different == dict.fromkeys(different, 0)


def test_refitted_with_another_seed_at_least_99_in_100_customers_have_the_same_segment_id(spark, published, log, tmp_path):
    root = copytree(published.parent, tmp_path / "again", symlinks=True)
    lean = {"baskets.use": False, "backtest.cutoff": None, "clustering.k_max": 6, "clustering.seed": 4711}
    places = {"input.path": str(log), "output.path": str(root)}
    again = segment(spark, load_settings("conf/online_retail.yaml", values={**lean, **places}), datetime(2026, 1, 2, tzinfo=UTC))
    tables = (
        f"'{published}/customer_segments/*.parquet' one JOIN '{again.run.path('customer_segments')}/*.parquet' other USING (customer_id)"
    )
    unchanged, customers = duckdb.sql(f"SELECT count(*) FILTER (one.segment_id = other.segment_id), count(*) FROM {tables}").fetchall()[0]
    assert customers == 4_333
    assert unchanged >= 0.99 * customers
    assert {row["event"] for row in lineage_of(again)} == {"continued"}


def lineage_of(outcome):
    table = duckdb.sql(f"SELECT * FROM '{outcome.run.path('segment_lineage')}/*.parquet'")
    return [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()]


def test_purchases_cancelled_at_once_make_no_top_customer(published):
    top = duckdb.sql(f"SELECT customer_id FROM '{published}/customer_features/*.parquet' ORDER BY monetary_gross DESC LIMIT 100").fetchall()
    assert {"16446", "12346"}.isdisjoint(row[0] for row in top)


def test_the_rest_category_is_below_a_third_of_revenue(published):
    other, whole = duckdb.sql(
        f"SELECT sum(category_share_other * monetary_gross), sum(monetary_gross) FROM '{published}/customer_features/*.parquet'"
    ).fetchall()[0]
    assert 0 < other < float(whole) / 3


def test_category_shares_of_every_customer_sum_to_one(published):
    (worst,) = duckdb.sql(
        f"""SELECT max(abs(total - 1)) FROM (SELECT customer_id, sum(share) AS total FROM (
        UNPIVOT (SELECT customer_id, COLUMNS('category_share_.*') FROM '{published}/customer_features/*.parquet')
        ON COLUMNS('category_share_.*') INTO NAME category VALUE share) GROUP BY 1)"""
    ).fetchall()[0]
    assert worst < 1e-12


@pytest.mark.parametrize(("duplicates", "purchases", "revenue"), [("keep", 397_884, "8911407.9040"), ("reject", 392_692, "8887208.8940")])
def test_purchase_lines_and_revenue_before_other_rules_are_the_published_ones(spark, log, duplicates, purchases, revenue):
    settings = load_settings(
        "conf/online_retail.yaml",
        values={"input.path": str(log), "rules.exact_duplicates": duplicates, "rules.excluded_products": [], "categories.patterns": []},
    )
    counted = read_validated_lines(spark, settings).where(~F.col(IS_REJECTED) & ~F.col(IS_RETURN))
    row = counted.agg(F.count(F.lit(1)), F.sum(AMOUNT_E4), F.count_distinct(CUSTOMER_ID)).first()
    assert (row[0], f"{row[1] / 10_000:.4f}", row[2]) == (purchases, revenue, 4_338)


@pytest.fixture(scope="module")
def afterwards(log):
    """Customers as of the cut of the settings with their RFM segment, and what they did next, from the raw log."""
    outcomes = online_retail.outlook(log, "2011-09-09", "2011-12-08")
    values = (outcomes[name].to_numpy() for name in ("recency_days", "frequency_orders", "monetary_net_e4"))
    return outcomes.assign(group=rfm.segments(*values), spend=outcomes["spend_e4"] / 10_000)


@pytest.mark.parametrize("outcome", ["repurchase", "orders", "spend"])
def test_what_each_rfm_segment_did_next_is_the_oracles(published, afterwards, outcome):
    rows = duckdb.sql(
        f"""SELECT group_name, customers, mean, lift FROM '{published}/backtest_segments/*.parquet'
        WHERE "grouping" = 'rfm' AND outcome = '{outcome}'"""
    ).fetchall()
    groups = afterwards.groupby("group")[outcome]
    assert {row[0]: row[1] for row in rows} == groups.size().to_dict()
    assert {row[0]: row[2] for row in rows} == pytest.approx(groups.mean().to_dict(), abs=1e-9)
    assert {row[0]: row[3] for row in rows} == pytest.approx((groups.mean() / afterwards[outcome].mean()).to_dict(), abs=1e-9)


@pytest.mark.parametrize("outcome", ["repurchase", "orders", "spend"])
def test_the_variance_rfm_explains_is_the_oracles(published, afterwards, outcome):
    (row,) = duckdb.sql(
        f"""SELECT customers, mean, eta_squared FROM '{published}/backtest_metrics/*.parquet'
        WHERE "grouping" = 'rfm' AND outcome = '{outcome}'"""
    ).fetchall()
    values = afterwards[outcome]
    residuals = values - values.groupby(afterwards["group"]).transform("mean")
    assert row == pytest.approx((len(values), values.mean(), 1 - (residuals**2).sum() / ((values - values.mean()) ** 2).sum()), abs=1e-9)


def test_segments_predict_the_next_ninety_days_better_than_random_groups(published):
    rows = duckdb.sql(f"SELECT * FROM '{published}/backtest_metrics/*.parquet' WHERE \"grouping\" = 'random'").df()
    assert (rows["epsilon_squared"].abs() < 3 * rows["standard_error"]).all()
    assert (rows["segments_ahead"] > 3 * rows["segments_ahead_error"]).all()
