"""The demo finds the customer types its log was made from."""

from datetime import UTC, datetime

import duckdb
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentation.pipeline.run import segment
from segmentation.settings import load_settings
from segmentation.synthetic.generate import write_synthetic_log


@pytest.mark.slow
def test_the_demo_finds_the_planted_types_again(spark, tmp_path):
    write_synthetic_log(spark, str(tmp_path / "log"), lines=200_000, seed=7)
    places = {"input.path": str(tmp_path / "log" / "transactions"), "output.path": str(tmp_path / "out")}
    settings = load_settings("conf/demo.yaml", values={"baskets.use": False, **places})
    outcome = segment(spark, settings, datetime(2026, 1, 1, tzinfo=UTC))
    pairs = duckdb.sql(
        f"""SELECT planted_type, segment_id FROM '{tmp_path}/out/current/customer_segments/*.parquet'
        JOIN '{tmp_path}/log/planted_types/*.parquet' USING (customer_id)"""
    ).fetchall()
    assert outcome.manifest["choice"]["k"] == 5
    assert adjusted_rand_score(*zip(*pairs, strict=True)) >= 0.9
