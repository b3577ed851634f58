"""Views in a catalog, one a table, that follow the published run: for those who read by name."""

from collections.abc import Mapping
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from segmentation import storage
from segmentation.errors import SettingsError
from segmentation.publish.integrity import sealed_manifest
from segmentation.publish.run import AFTER_ANOTHER, ASKED_FOR, BASKET_TABLES, TABLES, WHERE_DECLARED, published
from segmentation.schemas import quoted

_OURS = frozenset((*TABLES, *BASKET_TABLES, *ASKED_FOR, *AFTER_ANOTHER, *WHERE_DECLARED))


def check_catalog(spark: SparkSession, catalog: str | None, form: str = "parquet") -> None:
    """See that there is a schema to show tables of a format in, before anything is read.

    Raises
    ------
    SettingsError
        There is none.
    EnvironmentFault
        The tables are Delta tables, and the session was started without Delta.
    """
    if catalog and form == "delta":
        storage.check_delta(spark, "views in publish.catalog would be of Delta tables")
    if catalog and not spark.catalog.databaseExists(_place(catalog)):
        remedy = f"`CREATE SCHEMA {_place(catalog)}` makes it"
        raise SettingsError(f"publish.catalog: there is no schema {catalog}, or none you may see: {remedy}")


def shown_in(manifest: Mapping[str, Any]) -> str | None:
    """The schema that a run was to be shown in; None also of runs from before there were any."""
    place: str | None = manifest.get("settings", {}).get("publish", {}).get("catalog")
    return place


def follow(spark: SparkSession, root: str, catalog: str) -> int:
    """Point a view for each table at the run that readers follow, and drop those of tables it does not have; how many views there are.

    Each view is switched at once, one after the other: who joins them asks for the same `run_id`, or waits.

    Parameters
    ----------
    spark
        The session.
    root
        Of the output.
    catalog
        The schema, with or without its catalog.

    Raises
    ------
    SettingsError
        The catalog refuses.
    """
    with storage.locked(root):
        run = published(root)
        if run is None:
            return 0
        tables = sorted(sealed_manifest(run)["tables"])
        try:
            for name in tables:
                _show(spark, _place(catalog, name), run.path(name), run.run_id)
            for name in sorted(_OURS.difference(tables)):
                spark.sql(f"DROP VIEW IF EXISTS {_place(catalog, name)}")
        except PySparkException as error:
            why = str(error).partition("\n")[0]
            remedy = "Mend that, then `segmentation catalog`"
            raise SettingsError(f"publish.catalog: run {run.run_id} is published, and not all views follow it: {why}. {remedy}") from None
    return len(tables)


def _show(spark: SparkSession, view: str, path: str, run_id: str) -> None:
    table = f"{'delta' if storage.has_log(path) else 'parquet'}.{quoted(storage.spark_path(path))}"
    spark.sql(f"CREATE OR REPLACE VIEW {view} COMMENT 'run {run_id}' AS SELECT * FROM {table}")


def _place(catalog: str, *names: str) -> str:
    return ".".join(map(quoted, (*catalog.split("."), *names)))
