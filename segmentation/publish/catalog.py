"""Views in a catalog, one for each table of the published run, with comments from the declarations of tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from segmentation import storage
from segmentation.errors import SettingsError
from segmentation.publish.run import Run, published_run
from segmentation.publish.seal import load_sealed_manifest
from segmentation.publish.tables import TableSpec
from segmentation.schemas import quoted


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


def refresh_views(spark: SparkSession, root: str, catalog: str, specs: Sequence[TableSpec]) -> int:
    """Replace the views by those of the published run, and drop views of tables that it lacks; returns the number of views.

    Views are replaced one after the other. Queries that join them meanwhile should ask for one `run_id`.

    `catalog` is the schema, with or without its catalog. `specs` declare all tables that any run may publish. Raises SettingsError where
    the catalog refuses.
    """
    with storage.exclusive_lock(root):
        run = published_run(root)
        if run is None:
            return 0
        tables, declared = sorted(load_sealed_manifest(run)["tables"]), {spec.name: spec for spec in specs}
        try:
            for name in tables:
                _replace_view(spark, catalog, run, name, declared.get(name))
            for name in sorted(declared.keys() - set(tables)):
                spark.sql(f"DROP VIEW IF EXISTS {_qualified(catalog, name)}")
        except PySparkException as error:
            why = str(error).partition("\n")[0]
            remedy = "Correct that, then run `segmentation catalog`"
            raise SettingsError(
                f"publish.catalog: run {run.run_id} is published, but not all views were refreshed: {why}. {remedy}"
            ) from None
    return len(tables)


def _replace_view(spark: SparkSession, catalog: str, run: Run, name: str, spec: TableSpec | None) -> None:
    path = run.path(name)
    table = f"{'delta' if storage.is_delta_table(path) else 'parquet'}.{quoted(storage.spark_path(path))}"
    columns, comment = "", f"run {run.run_id}"
    if spec:
        names = storage.read_table(spark, path).columns
        columns = f" ({', '.join(f'{quoted(column)} COMMENT {_literal(spec.column(column).doc)}' for column in names)})"
        comment = f"{comment}: {spec.grain}"
    spark.sql(f"CREATE OR REPLACE VIEW {_qualified(catalog, name)}{columns} COMMENT {_literal(comment)} AS SELECT * FROM {table}")


def _literal(text: str) -> str:
    """A text as a SQL string."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _qualified(catalog: str, *names: str) -> str:
    return ".".join(map(quoted, (*catalog.split("."), *names)))
