"""Views in a catalog, one for each table of the published run."""

from collections.abc import Mapping
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from segmentation import storage
from segmentation.errors import SettingsError
from segmentation.publish.run import AFTER_ANOTHER, ASKED_FOR, BASKET_TABLES, TABLES, WHERE_DECLARED, published_run
from segmentation.publish.seal import load_sealed_manifest
from segmentation.schemas import quoted

_KNOWN_TABLES = frozenset((*TABLES, *BASKET_TABLES, *ASKED_FOR, *AFTER_ANOTHER, *WHERE_DECLARED))


def check_catalog(spark: SparkSession, catalog: str | None, form: str = "parquet") -> None:
    """Check that the schema for views exists, before anything is read.

    Raises
    ------
    SettingsError
        There is none.
    MissingDependencyError
        The tables are Delta tables, and the session was started without Delta.
    """
    if catalog and form == "delta":
        storage.require_delta(spark, "views in publish.catalog would be of Delta tables")
    if catalog and not spark.catalog.databaseExists(_qualified(catalog)):
        remedy = f"`CREATE SCHEMA {_qualified(catalog)}` makes it"
        raise SettingsError(f"publish.catalog: there is no schema {catalog}, or none you may see: {remedy}")


def catalog_of(manifest: Mapping[str, Any]) -> str | None:
    """The schema for views of a run (`publish.catalog`); None also for runs of versions without views."""
    schema: str | None = manifest.get("settings", {}).get("publish", {}).get("catalog")
    return schema


def refresh_views(spark: SparkSession, root: str, catalog: str) -> int:
    """Replace the views by those of the published run, and drop views of tables that it lacks; returns the number of views.

    Views are replaced one after the other. Queries that join them meanwhile should ask for one `run_id`.

    Parameters
    ----------
    spark
        The session.
    root
        The output root.
    catalog
        The schema, with or without its catalog.

    Raises
    ------
    SettingsError
        The catalog refuses.
    """
    with storage.exclusive_lock(root):
        run = published_run(root)
        if run is None:
            return 0
        tables = sorted(load_sealed_manifest(run)["tables"])
        try:
            for name in tables:
                _replace_view(spark, _qualified(catalog, name), run.path(name), run.run_id)
            for name in sorted(_KNOWN_TABLES.difference(tables)):
                spark.sql(f"DROP VIEW IF EXISTS {_qualified(catalog, name)}")
        except PySparkException as error:
            why = str(error).partition("\n")[0]
            remedy = "Correct that, then run `segmentation catalog`"
            raise SettingsError(
                f"publish.catalog: run {run.run_id} is published, but not all views were refreshed: {why}. {remedy}"
            ) from None
    return len(tables)


def _replace_view(spark: SparkSession, view: str, path: str, run_id: str) -> None:
    table = f"{'delta' if storage.is_delta_table(path) else 'parquet'}.{quoted(storage.spark_path(path))}"
    spark.sql(f"CREATE OR REPLACE VIEW {view} COMMENT 'run {run_id}' AS SELECT * FROM {table}")


def _qualified(catalog: str, *names: str) -> str:
    return ".".join(map(quoted, (*catalog.split("."), *names)))
