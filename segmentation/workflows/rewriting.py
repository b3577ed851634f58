"""A run without something it held: written anew under an id of its own, put in the old one's place, and the old one removed.

Readers see the old run or the new one, each whole: nothing is changed where they may be reading. What was killed half-way is made good
by the next act: a successor that is complete takes its place, and one that is not is begun anew.
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
from segmentation.errors import IntegrityError, SegmentationError
from segmentation.publish import comparison
from segmentation.publish.integrity import files_of, integrity_faults, is_sealed, sealed, sealed_manifest
from segmentation.publish.publications import REWRITE, Act, publish_successor
from segmentation.publish.run import MANIFEST, POINTER, SEAL, Run, abandon, begin
from segmentation.publish.states import State, state_of
from segmentation.publish.successors import is_successor, next_id, run_ids
from segmentation.schemas import RUN_ID
from segmentation.workflows.catalog import follow, shown_in
from segmentation.workflows.holdings import Holdings, holdings, places_of

_TOLD_LAST = tuple(f"runs/{name}" for name in (MANIFEST, SEAL, POINTER))
_WORDS = (".json", ".html", ".sql")

Manifest = dict[str, Any]


def _as_it_stands(_: str, text: str) -> str:
    return text


@dataclass(frozen=True)
class Change:
    """How a run is written anew.

    Parameters
    ----------
    table
        From a table's place and its rows to the new rows; None where it stays as it is. A place is a path below the run's own folders
        with these in front, such as runs/customer_segments or orders.
    told
        What the manifest's `rewritten` tells of it.
    is_left_out
        Whether a file or table at a place goes.
    text
        From the place of a text file and its text to the new text.
    gone
        How many rows a table at a place loses when it is written anew; None where that is not known beforehand.
    """

    table: Callable[[str, DataFrame], DataFrame | None]
    told: Mapping[str, Any]
    is_left_out: Callable[[str], bool] = lambda _: False
    text: Callable[[str, str], str] = _as_it_stands
    gone: Callable[[str], int | None] = lambda _: None


def rewritten(spark: SparkSession, run: Run, change: Change) -> Run:
    """A successor of a sealed run, complete and not yet in its place.

    Raises
    ------
    IntegrityError
        The run is not as it was sealed.
    SegmentationError
        A table has lost other rows than it should.
    """
    if faults := integrity_faults(run):
        # Sealed anew, the damage would pass for what the run always was.
        listed = "".join(f"\n  - {fault}" for fault in faults)
        raise IntegrityError(f"{run.path()}: not as it was sealed, and left alone. Remove it, or bring its files back:{listed}")
    manifest = sealed_manifest(run)
    successor = begin(run.root, next_id(run))
    try:
        rows = _tables(spark, run, successor, change)
        _files(run, successor, change)
        sealed(successor, _manifest(manifest, run, successor, rows, change), files_of(successor))
    except BaseException:
        _give_up(successor)
        raise
    return successor


def put_in_place(spark: SparkSession, run: Run, successor: Run, at: str) -> None:
    """Point readers of a run at its successor, views of a catalog too, and remove the run.

    Parameters
    ----------
    spark
        The session.
    run, successor
        The second is complete.
    at
        When (UTC), in ISO 8601.
    """
    manifest = sealed_manifest(successor)
    because = manifest["rewritten"][-1]["because"]
    _switch_comparison(run, successor)
    publish_successor(run, successor, Act(REWRITE, successor.run_id, at, "", because=because))
    if catalog := shown_in(manifest):
        follow(spark, run.root, catalog)
    for place in reversed(places_of(run)):
        storage.remove(storage.join(run.root, place))


def settle(spark: SparkSession, root: str, at: str) -> int:
    """Make good what was killed half-way; how many successors have taken their place."""
    done = 0
    for run_id in run_ids(root):
        successor = Run(root, run_id)
        before = _predecessor(successor)
        if before is not None and any(storage.exists(storage.join(root, place)) for place in places_of(before)):
            put_in_place(spark, before, successor, at)
            done += 1
        elif is_successor(run_id) and state_of(successor) is State.LEFTOVER:
            _give_up(successor)
    return done


def _predecessor(run: Run) -> Run | None:
    """Whose place a complete run was made to take."""
    if not is_sealed(run):
        return None
    with suppress(IntegrityError):
        acts = sealed_manifest(run).get("rewritten")
        return Run(run.root, acts[-1]["from"]) if acts else None
    return None


def _give_up(successor: Run) -> None:
    storage.remove(storage.join(successor.root, places_of(successor)[2]))
    abandon(successor)


def _tables(spark: SparkSession, run: Run, successor: Run, change: Change) -> dict[str, int]:
    """Rows of the tables that were written anew, by place."""
    rows = {}
    for source, target in _moves(run, successor):
        found = holdings(run.root, [source])
        for table in found.tables:
            place = place_of(table, run)
            if change.is_left_out(place):
                continue
            path = storage.join(run.root, target + table.removeprefix(source))
            before = found.read(spark, table)
            after = _stamped(change.table(place, before), before, run, successor)
            if after is None:
                _copy(found, found.parts(table), source, target)
            else:
                storage.write_table(after, path)
                rows[place] = storage.parquet_rows(path)
                _check_rows(table, before, rows[place], change.gone(place))
            if storage.has_log(storage.join(run.root, table)):
                storage.write_log(path)
    return rows


def _check_rows(table: str, before: DataFrame, found: int, gone: int | None) -> None:
    if gone is not None and found != (expected := before.count() - gone):
        raise SegmentationError(
            f"{table}: {found:,} rows were written anew, and {expected:,} are to stay. Nothing was changed; run this again"
        )


def _stamped(after: DataFrame | None, before: DataFrame, run: Run, successor: Run) -> DataFrame | None:
    """Rows that name their run name the successor."""
    if RUN_ID not in before.columns:
        return after
    own = F.when(F.col(RUN_ID) == run.run_id, F.lit(successor.run_id)).otherwise(F.col(RUN_ID))
    return (before if after is None else after).withColumn(RUN_ID, own)


def _files(run: Run, successor: Run, change: Change) -> None:
    """Whatever is no table; texts that name the run name the successor."""
    for source, target in _moves(run, successor):
        found = holdings(run.root, [source])
        for file in found.beside:
            place = place_of(file, run)
            if change.is_left_out(place) or _is_made_anew(place):
                continue
            if file.endswith(_WORDS):
                text = change.text(place, storage.read_text(storage.join(run.root, file)))
                path = storage.join(run.root, target + file.removeprefix(source))
                storage.make_folder(posixpath.dirname(path))
                storage.write_text(path, re.sub(rf"\b{re.escape(run.run_id)}(?![\w-])", successor.run_id, text))
            else:
                _copy(found, [file], source, target)


def _is_made_anew(place: str) -> bool:
    """What tells of a run's files or a table's, and is written when they are there."""
    return place in _TOLD_LAST or storage.DELTA_LOG in place.split("/")


def _moves(run: Run, successor: Run) -> list[tuple[str, str]]:
    return list(zip(places_of(run), places_of(successor), strict=True))


def place_of(path: str, run: Run) -> str:
    """Where something of a run lies, whatever the run is called: runs/customer_features, orders/_night/recent_lines."""
    part, _, rest = path.partition(f"/{run.run_id}")
    return part + rest


def _copy(found: Holdings, files: list[str], source: str, target: str) -> None:
    for file in files:
        storage.copy_file(storage.join(found.root, file), storage.join(found.root, target + file.removeprefix(source)))


def _manifest(manifest: Manifest, run: Run, successor: Run, rows: Mapping[str, int], change: Change) -> Manifest:
    tables = {name: rows.get(f"runs/{name}", count) for name, count in manifest["tables"].items()}
    acts = [*manifest.get("rewritten", ()), {"from": run.run_id, **change.told}]
    return {**manifest, "run_id": successor.run_id, "tables": tables, "rewritten": acts}


def _switch_comparison(run: Run, successor: Run) -> None:
    root = storage.join(run.root, comparison.FOLDER)
    pointer = storage.join(root, "current.json")
    if storage.exists(pointer):
        found = json.loads(storage.read_text(pointer))
        if found["run_id"] == run.run_id:
            comparison.publish(comparison.Comparison(successor, found["comparison_id"]))
