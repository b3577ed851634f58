"""The peers of the benchmark do the same work: on one log, the same customers with the same features and amounts."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from segmentation.synthetic.generate import write_synthetic_log

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
PEERS = {"naive_pyspark.py": ("--shuffle-partitions", "2", "--driver-memory", "1g"), "duckdb_sklearn.py": ()}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def log(spark, tmp_path_factory):
    path, _ = write_synthetic_log(spark, str(tmp_path_factory.mktemp("benchmark") / "log"), 20_000, 7)
    return path


@pytest.fixture(scope="module")
def published(log, tmp_path_factory):
    """Each peer's two tables by name, as found on disk."""
    tables = {}
    for script, options in PEERS.items():
        output = tmp_path_factory.mktemp("peer") / "output"
        subprocess.run([sys.executable, str(BENCHMARKS / script), log, str(output), *options], check=True, timeout=600)
        tables[script] = {path.name: pd.read_parquet(path) for path in output.iterdir()}
    return tables


@pytest.fixture(scope="module")
def bought_and_returned(log):
    """The lines that count."""
    lines = pd.read_parquet(log)
    return lines[lines.customer_id.notna() & (lines.unit_price > 0) & (lines.product_id != "POST")]


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_writes_both_tables(published, peer):
    assert set(published[peer]) == {"customer_segments", "segment_summary"}


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_segments_every_customer_who_bought_once(published, bought_and_returned, peer):
    buyers = bought_and_returned.loc[bought_and_returned.quantity > 0, "customer_id"]
    assert sorted(published[peer]["customer_segments"].customer_id) == sorted(set(buyers))


@pytest.mark.parametrize("peer", PEERS)
def test_a_peers_summary_adds_up_to_the_log(published, bought_and_returned, peer):
    summary, customers = published[peer]["segment_summary"], published[peer]["customer_segments"]
    of_buyers = bought_and_returned[bought_and_returned.customer_id.isin(customers.customer_id)]
    assert summary.customers.sum() == len(customers)
    assert summary.revenue_net.sum() == pytest.approx((of_buyers.quantity * of_buyers.unit_price).sum(), abs=0.005)


def test_peers_agree_on_every_feature_of_every_customer(published):
    naive, duckdb = (published[peer]["customer_segments"].set_index("customer_id").sort_index() for peer in PEERS)
    features = [name for name in naive.columns if name != "segment_id"]
    assert len(features) == 20
    pd.testing.assert_frame_equal(naive[features], duckdb[features], check_dtype=False, rtol=1e-9, atol=1e-9)
