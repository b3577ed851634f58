"""Views in a catalog show the published run."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql.types import StructType
from typer.testing import CliRunner

from segmentation.analyses.registry import all_tables
from segmentation.cli.app import app
from segmentation.erasure.rewriting import replace_run
from segmentation.errors import MissingDependencyError, SettingsError
from segmentation.publish.catalog import check_catalog, refresh_views
from segmentation.publish.publications import publish_if_latest
from segmentation.publish.run import create_run, next_rewrite_id, published_run
from segmentation.publish.seal import run_checksums, seal_run
from segmentation.settings import settings_from_dict
from segmentation.storage import write_rows

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
SCHEMA = StructType().add("segment_id", "integer")


def _sealed_run(root, run_id, value, tables=("segment_summary", "segment_profile"), **more):
    run = create_run(root, run_id)
    for table in tables:
        write_rows([{"segment_id": value}], SCHEMA, run.path(table))
    facts = {"run_id": run_id, "as_of": "2026-01-01", "tables": dict.fromkeys(tables, 1), "audit": {"passed": True, "faults": []}}
    seal_run(run, {**facts, "settings": {"publish": {"catalog": "shop"}}, **more}, run_checksums(run))
    return run


@pytest.fixture
def root(spark, tmp_path):
    """An output with one published run, in a folder with a difficult name, and a schema."""
    spark.sql("CREATE SCHEMA shop")
    root = str(tmp_path / "it's `all` here")
    publish_if_latest(_sealed_run(root, "r1", 1, ("segment_summary", "segment_profile", "drift")), "2026-01-01", NOON)
    yield root
    spark.sql("DROP SCHEMA shop CASCADE")


def _shown(spark, table="segment_summary"):
    return [row.segment_id for row in spark.table(f"shop.{table}").collect()]


def _views(spark):
    return {row.viewName for row in spark.sql("SHOW VIEWS IN shop").collect()}


def test_each_table_has_a_view_that_is_replaced_with_the_next_run(spark, root):
    assert refresh_views(spark, root, "shop", all_tables()) == 3
    assert (_shown(spark), _shown(spark, "drift")) == ([1], [1])
    publish_if_latest(_sealed_run(root, "r2", 2), "2026-01-01", NOON)
    assert _shown(spark) == [1]
    assert refresh_views(spark, root, "spark_catalog.shop", all_tables()) == 2
    assert _shown(spark) == [2]
    assert _views(spark) == {"segment_summary", "segment_profile"}


def test_other_views_in_the_schema_are_not_changed(spark, root):
    spark.sql("CREATE VIEW shop.visitors AS SELECT 7 AS segment_id")
    refresh_views(spark, root, "shop", all_tables())
    assert _shown(spark, "visitors") == [7]


def test_before_the_first_run_nothing_is_shown(spark, root, tmp_path):
    assert refresh_views(spark, str(tmp_path / "nowhere"), "shop", all_tables()) == 0
    assert _views(spark) == set()


def test_views_follow_a_rollback(spark, root, monkeypatch):
    monkeypatch.setattr("segmentation.cli.publish.start_spark", lambda _: spark)
    monkeypatch.setattr("segmentation.cli.catalog.start_spark", lambda _: spark)
    publish_if_latest(_sealed_run(root, "r2", 2), "2026-01-01", NOON)
    refresh_views(spark, root, "shop", all_tables())
    result = CliRunner().invoke(app, ["rollback", "--output", root, "--reason", "wrong prices"])
    assert result.exit_code == 0, result.output
    assert (_shown(spark), _views(spark)) == ([1], {"segment_summary", "segment_profile", "drift"})
    result = CliRunner().invoke(app, ["publish", "--run", "r2", "--output", root, "--reason", "they were right"])
    assert result.exit_code == 0, result.output
    assert _shown(spark) == [2]


def test_views_show_a_rewritten_run_before_the_old_one_is_removed(spark, root):
    run = published_run(root)
    refresh_views(spark, root, "shop", all_tables())
    replace_run(spark, run, _sealed_run(root, next_rewrite_id(run), 5, rewrites=[{"reason": "erased"}]), NOON.isoformat())
    assert _shown(spark) == [5]
    assert not Path(run.path()).exists()


def test_a_table_with_a_views_name_is_an_error_and_the_run_stays_published(spark, root):
    spark.sql("CREATE TABLE shop.segment_summary (segment_id INT) USING parquet")
    with pytest.raises(
        SettingsError, match=r"run r1 is published, but not all views were refreshed: .*segment_summary.*`segmentation catalog`"
    ):
        refresh_views(spark, root, "shop", all_tables())
    assert published_run(root).run_id == "r1"


def test_a_missing_schema_is_an_error_with_a_remedy(spark):
    with pytest.raises(SettingsError, match=r"no schema main\.shop.*`CREATE SCHEMA `main`\.`shop`` makes it"):
        check_catalog(spark, "main.shop")
    check_catalog(spark, None)
    check_catalog(spark, "default")


def test_views_of_delta_tables_need_a_session_with_delta(spark, monkeypatch):
    with pytest.raises(MissingDependencyError, match=r"views in publish\.catalog would be of Delta.*without Delta.*spark\.sql\.extensions"):
        check_catalog(spark, "default", "delta")
    check_catalog(spark, None, "delta")
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "19.0")
    check_catalog(spark, "default", "delta")


@pytest.mark.parametrize("name", ["a`b", "shop; DROP TABLE x", "a.b.c", "../shop", "", "shop.", "a b", "shop\n"])
def test_a_name_that_is_more_than_a_schema_is_refused(name):
    with pytest.raises(SettingsError, match=r"publish\.catalog"):
        settings_from_dict({"input": {"format": "csv", "path": "log"}, "publish": {"catalog": name}})


def test_the_catalog_command_refreshes_the_views(spark, root, tmp_path, monkeypatch):
    monkeypatch.setattr("segmentation.cli.publish.start_spark", lambda _: spark)
    monkeypatch.setattr("segmentation.cli.catalog.start_spark", lambda _: spark)
    config = tmp_path / "settings.yaml"
    columns = "columns: {customer_id: who, ordered_at: at, amount: paid}"
    config.write_text(f'input: {{format: csv, path: log, {columns}}}\noutput: {{path: "{root}"}}\n')
    result = CliRunner().invoke(app, ["catalog", "--config", str(config)])
    assert (result.exit_code, "publish.catalog is not set" in result.output) == (2, True)
    shop = ["catalog", "--config", str(config), "--set", "publish.catalog=shop"]
    result = CliRunner().invoke(app, [*shop, "--set", "publish.format=delta"])
    assert (result.exit_code, "started without Delta" in result.output) == (2, True)
    result = CliRunner().invoke(app, shop)
    assert (result.exit_code, result.output) == (0, "shop: 3 views follow the published run\n")
    assert _shown(spark) == [1]


def test_views_have_comments_from_the_declarations_of_tables(spark, root):
    refresh_views(spark, root, "shop", all_tables())
    (spec,) = (spec for spec in all_tables() if spec.name == "segment_summary")
    (column,) = spark.catalog.listColumns("shop.segment_summary")
    assert column.description == spec.column("segment_id").doc
    comments = {row.col_name: row.data_type for row in spark.sql("DESCRIBE EXTENDED shop.segment_summary").collect()}
    assert comments["Comment"] == f"run r1: {spec.grain}"
