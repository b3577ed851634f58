"""What a session with Delta makes of an output whose tables are Delta: `python delta_session.py ROOT SETTINGS`, printed as JSON.

A process of its own, since a session has Delta from its start or not at all.
"""

import json
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

from segmentation import storage
from segmentation.analyses.registry import all_tables
from segmentation.connectors import streaming_conf
from segmentation.erasure.inventory import inventory_of, run_folders
from segmentation.pipeline.run import score
from segmentation.publish.catalog import check_catalog, refresh_views
from segmentation.publish.run import Run, published_run
from segmentation.run_management import roll_back, verify_run
from segmentation.settings import load_settings

LATER, LAST = datetime(2026, 2, 3, tzinfo=UTC), datetime(2026, 2, 4, tzinfo=UTC)


def session():
    """As small as the tests' own."""
    quick = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN", "spark.sql.adaptive.enabled": "false"}
    here = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false"}
    small = {
        "spark.sql.shuffle.partitions": "1",
        "spark.log.level": "ERROR",
        "spark.sql.warehouse.dir": Path(sys.argv[1], "..", "w").as_uri(),
    }
    builder = SparkSession.builder.master("local[2]")
    for key, value in {**streaming_conf(kafka=False), **quick, **here, **small}.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def differences(spark, root):
    """Tables of the published run that Delta's reader and Parquet's do not agree on, and how many there are."""
    mine, orders, _ = run_folders(published_run(root))
    places = [place for place in inventory_of(root, (mine, orders)).tables if "/model/" not in place]
    return [place for place in places if _differs(spark, f"{root}/{place}")], len(places)


def _differs(spark, path):
    by_log, by_files = spark.read.format("delta").load(path), spark.read.parquet(path)
    # A log has comments on columns too.
    return by_log.dtypes != by_files.dtypes or not by_log.exceptAll(by_files).union(by_files.exceptAll(by_log)).isEmpty()


def views(spark, root):
    """Tables behind views of the published run, and which run they show."""
    refresh_views(spark, root, "shop", all_tables())
    text = spark.sql("SHOW CREATE TABLE shop.customer_segments").collect()[0][0]
    return "delta.`" in text, _runs(spark.table("shop.customer_segments"))


def through_the_link(spark, root):
    """Which run a reader of `current` finds."""
    return _runs(spark.read.format("delta").load(f"{root}/current/customer_segments"))


def _runs(rows):
    return [row.run_id for row in rows.select("run_id").distinct().collect()]


def read_by_log(spark, root):
    """What is read of a table with a file that its log does not name, here and where Delta tables are refused to readers of Parquet."""
    place = shutil.copytree(published_run(root).path("segment_trend"), Path(root, "..", "more"))
    shutil.copy(next(place.glob("*.parquet")), place / "another.parquet")
    schema = StructType().add("segment_id", "integer").add("of_later_versions", "string")
    by_files, by_log = (_rows(spark, str(place), schema, runtime) for runtime in (None, "19.0"))
    return by_files, by_log


def _rows(spark, place, schema, runtime):
    with databricks(runtime):
        table = storage.read_table(spark, place, schema)
        assert table.columns == schema.names
        assert storage.read_table(spark, place).count() == table.count()
        return table.count()


class databricks:  # noqa: N801 - reads as a word
    """While it lasts, this passes for a Databricks runtime of that version; for none without one."""

    def __init__(self, version):
        self.version = version

    def __enter__(self):
        if self.version:
            os.environ["DATABRICKS_RUNTIME_VERSION"] = self.version

    def __exit__(self, *_):
        os.environ.pop("DATABRICKS_RUNTIME_VERSION", None)


def main(root, settings):
    """All of it, in the order in which it happens."""
    spark, result = session(), {}
    spark.sql("CREATE SCHEMA shop")
    check_catalog(spark, "shop", "delta")
    result["differences"] = differences(spark, root)
    result["views"], result["link"] = [views(spark, root)], [through_the_link(spark, root)]
    with databricks("19.0"):
        outcome = score(spark, load_settings(settings), LATER)
    result["scored"] = outcome.run.run_id
    result["views"].append(views(spark, root))
    result["link"].append(through_the_link(spark, root))
    roll_back(root, "a test", LAST)
    result["views"].append(views(spark, root))
    result["link"].append(through_the_link(spark, root))
    result["rows"] = read_by_log(spark, root)
    result["faults"] = [fault for name in storage.list_names(f"{root}/runs") for fault in verify_run(root, Run(root, name).run_id).faults]
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
