"""Rewriting a published run without some of its data: a successor under a new id takes the place of the old run, which is removed.

Readers see the old run or the new one, each complete: nothing is changed where they may be reading. The next erasure or purge recovers
from an interruption: a complete successor takes its place, and an incomplete one is removed.
"""

import json
import posixpath
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.analyses.registry import all_tables
from segmentation.erasure.inventory import Inventory, inventory_of, run_folders
from segmentation.errors import IntegrityError, SegmentationError
from segmentation.incremental.state import STATE_FOLDER
from segmentation.publish import comparison
from segmentation.publish.catalog import catalog_of, refresh_views
from segmentation.publish.delta_logs import write_delta_log
from segmentation.publish.publications import REWRITE, PublishEvent, publish_rewrite
from segmentation.publish.run import MANIFEST, POINTER, SEAL, Run, create_run, discard_run, is_rewrite, next_rewrite_id, run_ids
from segmentation.publish.run_state import RunState, state_of
from segmentation.publish.seal import is_sealed, load_sealed_manifest, run_checksums, seal_run, verify_files
from segmentation.schemas import RUN_ID

INCREMENTAL_STATE = f"orders/{STATE_FOLDER}"
"""Where the state of incremental ingestion lies in a run. A run without it is followed by one that reads the whole log."""

_WRITTEN_LAST = tuple(f"runs/{name}" for name in (MANIFEST, SEAL, POINTER))
_TEXT_FILES = (".json", ".html", ".sql")

Manifest = dict[str, Any]


def _unchanged_text(_: str, text: str) -> str:
    return text


@dataclass(frozen=True)
class RunChange:
    """What a rewrite changes; parts of a run are named by `path_in_run`."""

    # New rows of a table, from its path and rows; None to copy it.
    table: Callable[[str, DataFrame], DataFrame | None]
    # Entry of the manifest's `rewrites`.
    manifest_entry: Mapping[str, Any]
    # Whether a table or file is left out.
    is_dropped: Callable[[str], bool] = lambda _: False
    # New content of a text file, from its path and content.
    text: Callable[[str, str], str] = _unchanged_text
    # How many rows a rewritten table must lose; None if that is unknown beforehand.
    n_removed: Callable[[str], int | None] = lambda _: None


def is_incremental_state(path: str) -> bool:
    """Whether a part of a run belongs to the state of incremental ingestion."""
    return path == INCREMENTAL_STATE or path.startswith(f"{INCREMENTAL_STATE}/")


def rewrite_run(spark: SparkSession, run: Run, change: RunChange) -> Run:
    """Write a complete successor of a sealed run, which does not take its place yet.

    Raises
    ------
    IntegrityError
        The run's files have changed since it was sealed.
    SegmentationError
        A table has not lost exactly the rows that it should.
    """
    if faults := verify_files(run):
        # Resealed, the damage would look like the run's original content.
        listed = "".join(f"\n  - {fault}" for fault in faults)
        raise IntegrityError(f"{run.path()}: changed since it was sealed, and not rewritten. Remove it, or restore its files:{listed}")
    manifest = load_sealed_manifest(run)
    successor = create_run(run.root, next_rewrite_id(run))
    try:
        rows = _write_tables(spark, run, successor, change)
        _write_files(run, successor, change)
        seal_run(successor, _successor_manifest(manifest, run, successor, rows, change), run_checksums(successor))
    except BaseException:
        _discard(successor)
        raise
    return successor


def replace_run(spark: SparkSession, run: Run, successor: Run, at: str) -> None:
    """Point readers of a run, and views of a catalog, at its complete successor, and remove the run; `at` is UTC in ISO 8601."""
    manifest = load_sealed_manifest(successor)
    _switch_comparison(run, successor)
    publish_rewrite(run, successor, PublishEvent(REWRITE, successor.run_id, at, "", reason=manifest["rewrites"][-1]["reason"]))
    if catalog := catalog_of(manifest):
        refresh_views(spark, run.root, catalog, all_tables())
    for folder in reversed(run_folders(run)):
        storage.remove(storage.join(run.root, folder))


def recover_interrupted_rewrites(spark: SparkSession, root: str, at: str) -> int:
    """Put complete successors in place, remove incomplete ones, and return how many were put in place."""
    n_replaced = 0
    for run_id in run_ids(root):
        successor = Run(root, run_id)
        original = _original(successor)
        if original is not None and any(storage.exists(storage.join(root, folder)) for folder in run_folders(original)):
            replace_run(spark, original, successor, at)
            n_replaced += 1
        elif is_rewrite(run_id) and state_of(successor) is RunState.ORPHANED:
            _discard(successor)
    return n_replaced


def _original(run: Run) -> Run | None:
    """The run that a complete one is a rewrite of."""
    if not is_sealed(run):
        return None
    with suppress(IntegrityError):
        rewrites = load_sealed_manifest(run).get("rewrites")
        return Run(run.root, rewrites[-1]["from"]) if rewrites else None
    return None


def _discard(successor: Run) -> None:
    storage.remove(storage.join(successor.root, run_folders(successor)[2]))
    discard_run(successor)


def _write_tables(spark: SparkSession, run: Run, successor: Run, change: RunChange) -> dict[str, int]:
    """Write or copy all tables, and return the number of rows of those written."""
    rows, specs = {}, {spec.name: spec for spec in all_tables()}
    for source, target in _folder_pairs(run, successor):
        inventory = inventory_of(run.root, [source])
        for table in inventory.tables:
            part = path_in_run(table, run)
            if change.is_dropped(part):
                continue
            path = storage.join(run.root, target + table.removeprefix(source))
            before = inventory.read_table(spark, table)
            after = _with_successor_id(change.table(part, before), before, run, successor)
            if after is None:
                _copy(inventory, inventory.files_of(table), source, target)
            else:
                storage.write_table(after, path)
                rows[part] = storage.count_rows(path)
                _check_rows(table, before, rows[part], change.n_removed(part))
            if storage.is_delta_table(storage.join(run.root, table)):
                write_delta_log(path, specs)
    return rows


def _check_rows(table: str, before: DataFrame, n_rows: int, n_removed: int | None) -> None:
    if n_removed is not None and n_rows != (expected := before.count() - n_removed):
        raise SegmentationError(f"{table}: {n_rows:,} rows were written instead of {expected:,}. Nothing was changed; run this again")


def _with_successor_id(after: DataFrame | None, before: DataFrame, run: Run, successor: Run) -> DataFrame | None:
    """Rows with the successor's id in place of the run's; None for a table that is copied."""
    if RUN_ID not in before.columns:
        return after
    run_id = F.when(F.col(RUN_ID) == run.run_id, F.lit(successor.run_id)).otherwise(F.col(RUN_ID))
    return (before if after is None else after).withColumn(RUN_ID, run_id)


def _write_files(run: Run, successor: Run, change: RunChange) -> None:
    """Write or copy all files that are not part of a table; texts have the successor's id in place of the run's."""
    for source, target in _folder_pairs(run, successor):
        inventory = inventory_of(run.root, [source])
        for file in inventory.other_files:
            part = path_in_run(file, run)
            if change.is_dropped(part) or _is_written_last(part):
                continue
            if file.endswith(_TEXT_FILES):
                text = change.text(part, storage.read_text(storage.join(run.root, file)))
                path = storage.join(run.root, target + file.removeprefix(source))
                storage.make_folder(posixpath.dirname(path))
                storage.write_text(path, re.sub(rf"\b{re.escape(run.run_id)}(?![\w-])", successor.run_id, text))
            else:
                _copy(inventory, [file], source, target)


def _is_written_last(part: str) -> bool:
    """Whether a file lists other files of the run or of a table, and is written after them."""
    return part in _WRITTEN_LAST or storage.DELTA_LOG in part.split("/")


def _folder_pairs(run: Run, successor: Run) -> list[tuple[str, str]]:
    return list(zip(run_folders(run), run_folders(successor), strict=True))


def path_in_run(path: str, run: Run) -> str:
    """A path below one of a run's folders, without the run's id: runs/customer_features, orders/lines, comparisons/…/clusters."""
    folder, _, rest = path.partition(f"/{run.run_id}")
    return folder + rest


def _copy(inventory: Inventory, files: list[str], source: str, target: str) -> None:
    for file in files:
        storage.copy_file(storage.join(inventory.root, file), storage.join(inventory.root, target + file.removeprefix(source)))


def _successor_manifest(manifest: Manifest, run: Run, successor: Run, rows: Mapping[str, int], change: RunChange) -> Manifest:
    tables = {name: rows.get(f"runs/{name}", count) for name, count in manifest["tables"].items()}
    rewrites = [*manifest.get("rewrites", ()), {"from": run.run_id, **change.manifest_entry}]
    return {**manifest, "run_id": successor.run_id, "tables": tables, "rewrites": rewrites}


def _switch_comparison(run: Run, successor: Run) -> None:
    pointer = storage.join(run.root, comparison.FOLDER, "current.json")
    if storage.exists(pointer):
        current = json.loads(storage.read_text(pointer))
        if current["run_id"] == run.run_id:
            comparison.publish_comparison(comparison.Comparison(successor, current["comparison_id"]))
