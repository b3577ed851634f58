"""Export of segments for campaign tools: a CSV file for each segment of a run, with a random control group to measure uplift.

Files are safe to open in a spreadsheet.
"""

import json
import math
import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation import storage
from segmentation.errors import SettingsError
from segmentation.publish.run import Run
from segmentation.publish.run_state import resolve_run
from segmentation.schemas import CUSTOMER_ID, PRODUCT_ID, SEGMENT_ID, SEGMENT_NAME
from segmentation.session import required_conf
from segmentation.settings import ExportSettings, Settings

MANIFEST = "holdout.json"
HOLDOUT = "holdout"

_FORMULA = r"^[\s\p{Z}\p{C}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\p{Z}]*[\t\r\n]"
"""What a spreadsheet may run as a formula (OWASP, CSV injection): text with one of these signs, a full-width one too, a tab or a line
break in front."""


def export_segments(
    spark: SparkSession, settings: Settings, output: str, run_id: str | None = None, only: Sequence[int] = ()
) -> dict[str, Any]:
    """Write a CSV file for each segment, and `holdout.json`.

    Parameters
    ----------
    spark
        The session.
    settings
        The output root, and campaign name, seed and holdout share.
    output
        Folder to make.
    run_id
        By default the published run.
    only
        Ids of segments to write; by default all.

    Returns
    -------
    dict
        Content of `holdout.json`, which is written last: a folder without it is not complete.

    Raises
    ------
    InputError
        There is no such run, or it is not complete.
    SettingsError
        The folder exists already or cannot be written, or there is no such segment.
    """
    if storage.exists(output):
        raise SettingsError(f"{output}: is there already, and exports are never overwritten; name another folder with --output")
    run = resolve_run(settings.output.path, run_id)
    with required_conf(spark), storage.output_permissions(settings.output.permissions):
        segments = _segments(storage.read_table(spark, run.path("segment_summary")), only)
        customers = _customers(spark, run)
        storage.make_folder(output)
        with storage.cleanup_on_error(partial(storage.remove, output), partial(storage.translate_error, output=output, setting="--output")):
            files = [_write_segment(customers, segment, output, settings.export) for segment in segments]
            campaign = settings.export.model_dump(include={"campaign", "seed", "holdout_share"})
            manifest = {**campaign, "run_id": run.run_id, "segments": files}
            storage.write_text(storage.join(output, MANIFEST), json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    return manifest


def holdout_size(customers: int, share: float) -> int:
    """Customers in the control group: their share, rounded half up, and at least one of two or more."""
    rounded = math.floor(customers * share + 0.5)
    return max(rounded, 1) if share > 0 and customers > 1 else rounded


def with_holdout(customers: DataFrame, size: int, settings: ExportSettings) -> DataFrame:
    """Customers of one segment with the flag `holdout` for exactly `size` of them, chosen by a hash of seed, campaign and customer id.

    A customer's hash depends on neither row order, partitions nor other customers. Another campaign draws another control group.
    """
    hashed = F.xxhash64(F.lit(settings.seed), F.lit(settings.campaign), CUSTOMER_ID)
    in_order = Window.partitionBy(SEGMENT_ID).orderBy(hashed, CUSTOMER_ID)
    return customers.withColumn(HOLDOUT, F.row_number().over(in_order) <= size)


def with_next_products(customers: DataFrame, recommendations: DataFrame, n_products: int) -> DataFrame:
    """Customers with id and description of each recommended product, in columns of their own."""
    columns = [
        F.max(F.when(F.col("rank") == rank, F.col(source))).alias(f"{name}_{rank}")
        for rank in range(1, n_products + 1)
        for source, name in ((PRODUCT_ID, "next_product_id"), ("description", "next_product"))
    ]
    return customers.join(recommendations.groupBy(CUSTOMER_ID).agg(*columns), CUSTOMER_ID, "left")


def campaign_rows(customers: DataFrame) -> DataFrame:
    """The columns of a file in order, with all text made safe for spreadsheets."""
    first = [CUSTOMER_ID, SEGMENT_ID, SEGMENT_NAME, "goal", "offer", HOLDOUT]
    types = {field.name: field.dataType for field in customers.schema.fields}
    columns = [*first, *(name for name in customers.columns if name not in first)]
    return customers.select(*(_safe_text(F.col(name)).alias(name) if types[name] == T.StringType() else F.col(name) for name in columns))


def file_name(segment: int, name: str) -> str:
    """Name of a segment's file: segment-1-best-customers.csv."""
    return "-".join(["segment", str(segment), *re.findall(r"[a-z0-9]+", name.lower())])[:80] + ".csv"


def _safe_text(text: Column) -> Column:
    """Text with an apostrophe in front where a spreadsheet might run it as a formula; also ids such as -5 and +44."""
    return F.when(text.rlike(_FORMULA), F.concat(F.lit("'"), text)).otherwise(text)


def _segments(summary: DataFrame, only: Sequence[int]) -> list[dict[str, Any]]:
    rows = [row.asDict() for row in summary.select(SEGMENT_ID, SEGMENT_NAME, "customers").orderBy(SEGMENT_ID).collect()]
    known = [row[SEGMENT_ID] for row in rows]
    if missing := sorted(set(only) - set(known)):
        raise SettingsError(f"--segment {', '.join(map(str, missing))}: no such segment; the run has {', '.join(map(str, known))}")
    return [row for row in rows if not only or row[SEGMENT_ID] in only]


def _customers(spark: SparkSession, run: Run) -> DataFrame:
    segments = storage.read_table(spark, run.path("customer_segments")).select(CUSTOMER_ID, SEGMENT_ID, SEGMENT_NAME)
    actions = storage.read_table(spark, run.path("segment_actions")).select(SEGMENT_ID, "goal", "offer")
    customers = segments.join(F.broadcast(actions), SEGMENT_ID, "left")
    if not storage.exists(run.path("product_recommendations")):
        return customers
    recommendations = storage.read_table(spark, run.path("product_recommendations"))
    return with_next_products(customers, recommendations, recommendations.agg(F.coalesce(F.max("rank"), F.lit(0))).collect()[0][0])


def _write_segment(customers: DataFrame, segment: dict[str, Any], output: str, settings: ExportSettings) -> dict[str, Any]:
    name, size = file_name(segment[SEGMENT_ID], segment[SEGMENT_NAME]), holdout_size(segment["customers"], settings.holdout_share)
    members = customers.where(F.col(SEGMENT_ID) == segment[SEGMENT_ID])
    storage.write_csv(campaign_rows(with_holdout(members, size, settings)), storage.join(output, name))
    return {**segment, "file": name, "holdout": size}
