"""Files for campaign tools: a published run's segments, a CSV each, with customers held out so that the effect can be told."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.errors import SettingsError
from segmentation.publish.campaign import campaign_rows, file_name, held_out, with_hold_out, with_suggestions
from segmentation.publish.run import Run
from segmentation.publish.states import found_run
from segmentation.schemas import CUSTOMER_ID, SEGMENT_ID, SEGMENT_NAME
from segmentation.session import settled
from segmentation.settings import Settings

MANIFEST = "holdout.json"


def export(spark: SparkSession, settings: Settings, output: str, run_id: str | None = None, only: Sequence[int] = ()) -> dict[str, Any]:
    """Write a file for each segment, and what was held out.

    Parameters
    ----------
    spark
        The session.
    settings
        Where runs lie, the campaign's name, seed and share.
    output
        Folder to make.
    run_id
        The published run without one.
    only
        Segments to write; all without any.

    Returns
    -------
    dict
        What `holdout.json` says: it is written last, so that a folder without it is not complete.

    Raises
    ------
    InputError
        No such run, or none that may be seen.
    SettingsError
        The folder is there already or cannot be written, or there is no such segment.
    """
    if storage.exists(output):
        raise SettingsError(f"{output}: is there already, and exports are never overwritten; name another folder with --output")
    run = found_run(settings.output.path, run_id)
    with settled(spark), storage.written_for(settings.output.permissions):
        rows = _wanted(storage.read_table(spark, run.path("segment_summary")), only)
        customers = _customers(spark, run)
        storage.make_folder(output)
        with storage.taking_back(partial(storage.remove, output), partial(storage.explained, output=output, name="--output")):
            files = [_written(customers, row, output, settings) for row in rows]
            manifest = {**_lot(settings), "run_id": run.run_id, "segments": files}
            storage.write_text(storage.join(output, MANIFEST), json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    return manifest


def _wanted(summary: DataFrame, only: Sequence[int]) -> list[dict[str, Any]]:
    rows = [row.asDict() for row in summary.select(SEGMENT_ID, SEGMENT_NAME, "customers").orderBy(SEGMENT_ID).collect()]
    known = [row[SEGMENT_ID] for row in rows]
    if missing := sorted(set(only) - set(known)):
        raise SettingsError(f"--segment {', '.join(map(str, missing))}: no such segment; the run has {', '.join(map(str, known))}")
    return [row for row in rows if not only or row[SEGMENT_ID] in only]


def _customers(spark: SparkSession, run: Run) -> DataFrame:
    segments = storage.read_table(spark, run.path("customer_segments")).select(CUSTOMER_ID, SEGMENT_ID, SEGMENT_NAME)
    plays = storage.read_table(spark, run.path("segment_actions")).select(SEGMENT_ID, "goal", "offer")
    customers = segments.join(F.broadcast(plays), SEGMENT_ID, "left")
    if not storage.exists(run.path("next_products")):
        return customers
    suggested = storage.read_table(spark, run.path("next_products"))
    return with_suggestions(customers, suggested, suggested.agg(F.coalesce(F.max("place"), F.lit(0))).collect()[0][0])


def _written(customers: DataFrame, row: dict[str, Any], output: str, settings: Settings) -> dict[str, Any]:
    name, held = file_name(row[SEGMENT_ID], row[SEGMENT_NAME]), held_out(row["customers"], settings.export.hold_out_share)
    mine = customers.where(F.col(SEGMENT_ID) == row[SEGMENT_ID])
    storage.write_csv(campaign_rows(with_hold_out(mine, held, settings.export)), storage.join(output, name))
    return {**row, "file": name, "hold_out": held}


def _lot(settings: Settings) -> dict[str, Any]:
    lot = settings.export
    return {"campaign": lot.campaign, "seed": lot.seed, "hold_out_share": lot.hold_out_share}
