"""An analysis that is defined in one module and registered in one line appears everywhere, and no other file knows it."""

import json
from datetime import UTC, datetime

import duckdb
import pytest
from oracle.published_tables import ALWAYS
from oracle.recent_buyers import RECENT_BUYERS, RecentBuyers
from pyspark.sql import functions as F

from segmentation.analyses.registry import BUILT_IN, all_analyses, all_tables, register, unregister
from segmentation.analyses.rfm.rfm import Rfm
from segmentation.errors import AuditFailedError
from segmentation.pipeline.run import fit_in_memory, segment
from segmentation.publish.table_docs import tables_as_markdown

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def registered():
    register(RecentBuyers())
    yield
    unregister("recent_buyers")


@pytest.fixture(scope="module")
def output(registered, spark, settings_for, tmp_path_factory):
    """A run in which one group of each segment is too small to publish."""
    root = tmp_path_factory.mktemp("registered")
    return segment(spark, settings_for(root, **{"privacy.min_group_size": 40, "analyses": {"recent_buyers": {"days": 1}}}), NOON), root


def test_its_table_is_published_with_its_columns(output):
    _, root = output
    assert duckdb.sql(f"SELECT * FROM '{root}/current/recent_buyers/*.parquet'").columns == RECENT_BUYERS.schema.names


def test_its_table_is_audited_and_counted(output):
    result, _ = output
    assert result.manifest["tables"]["recent_buyers"] == len(result.tables["recent_buyers"])
    assert set(result.manifest["tables"]) == {*ALWAYS, "recent_buyers"}


def test_its_facts_are_in_the_manifest(output):
    _, root = output
    manifest = json.loads((root / "current" / "manifest.json").read_text())
    assert set(manifest["analyses"]["recent_buyers"]) == {"recent"}


def test_its_section_is_on_the_page(output):
    _, root = output
    page = (root / "current" / "report.html").read_text()
    assert '<section id="recent_buyers"' in page
    assert '<a href="#recent_buyers">Recent buyers</a>' in page
    assert RECENT_BUYERS.grain in page


def test_its_small_groups_are_suppressed_and_counted(output):
    result, _ = output
    rows = result.tables["recent_buyers"]
    suppressed = [row for row in rows if row["customers"] is None]
    assert suppressed
    assert all(row["customer_share"] is None for row in suppressed)
    assert all(row["customers"] >= 40 for row in rows if row["customers"] is not None)
    assert result.manifest["suppression"]["values"]["recent_buyers"] == 2 * len(suppressed)


def test_it_is_documented(registered):
    page = tables_as_markdown(all_tables())
    assert "## recent_buyers" in page
    assert "| is_recent | BOOLEAN | Whether the last purchase is at most a week ago. |" in page


def test_its_checks_can_fail_a_run(registered, spark, settings_for, tmp_path, monkeypatch):
    compute = RecentBuyers.compute

    def wrong(self, context, segments):
        result = compute(self, context, segments)
        rows = result.rows("recent_buyers")
        return result.with_tables(recent_buyers=[{**rows[0], "customers": rows[0]["customers"] + 1}, *rows[1:]])

    monkeypatch.setattr(RecentBuyers, "compute", wrong)
    with pytest.raises(AuditFailedError, match="recent_buyers: customers adds up to"):
        segment(spark, settings_for(tmp_path), NOON)


def test_names_and_tables_are_unique(registered):
    with pytest.raises(ValueError, match="an analysis called recent_buyers is registered already"):
        register(RecentBuyers())
    assert len({analysis.name for analysis in all_analyses()}) == len(BUILT_IN) + 1


def test_a_fit_in_memory_writes_nothing_and_computes_an_analysis_when_it_is_asked_for(spark, settings_for, tmp_path):
    nightly = {"input.incremental": True, "features.exact_products_max_lines": 0}
    with fit_in_memory(spark, settings_for(tmp_path / "nowhere", **nightly), NOON) as (context, segments):
        assert segments.customers.where(F.col("segment_id").isNull()).count() == 0
        result = Rfm().compute(context, segments)
        assert sum(row["customers"] for row in result.rows("rfm_baseline")) == segments.count
    assert list(tmp_path.iterdir()) == []
