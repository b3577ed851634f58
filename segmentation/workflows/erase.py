"""People taken out of every run, proved by a search, and a receipt that does not name them."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.errors import EnvironmentFault, ErasureError, SettingsError
from segmentation.ingest.lines import known_id
from segmentation.privacy.erasure import is_about_people, only, without
from segmentation.progress import Journal
from segmentation.publish.run import Run, run_id_of
from segmentation.publish.states import State, state_of
from segmentation.publish.successors import run_ids
from segmentation.report.withdrawal import without_single_customers
from segmentation.schemas import ACCOUNTING, CUSTOMER_ID, STRING
from segmentation.session import settled
from segmentation.settings import Settings
from segmentation.workflows.holdings import holdings, places_of
from segmentation.workflows.job import frame_of
from segmentation.workflows.proof import Proof, searched
from segmentation.workflows.remaining import remaining_accounting
from segmentation.workflows.rewriting import Change, put_in_place, rewritten, settle

RECEIPTS = "erasures"
PERSON, _PLACE = "person", "place"
_HANDOVER = "orders/_night"
_SINGLE = "runs/segment_examples"
NOT_REACHED = (
    "the log and the customer table, which are the retailer's own: erase people there too",
    "exports, copies and backups elsewhere, and what others have read from here",
    "figures of groups: summaries, profiles, the accounting and the model were made with these people, and name nobody",
)


@dataclass(frozen=True)
class Holding:
    """One run's tables that people are in.

    Parameters
    ----------
    run
        Whose they are.
    removed
        By table, rows that are theirs.
    customers
        How many of the people are in any of them.
    """

    run: Run
    removed: dict[str, int]
    customers: int


@dataclass(frozen=True)
class Erasure:
    """What an erasure did, or would do, and its receipt; `path` is where that lies, None for a rehearsal."""

    receipt: dict[str, Any]
    path: str | None


def erase(
    spark: SparkSession,
    settings: Settings,
    customer_file: str,
    started_at: datetime,
    journal: Journal | None = None,
    rehearsal: bool = False,
) -> Erasure:
    """Take people out of every run, orders and comparison, search for them, and write a receipt.

    Parameters
    ----------
    spark
        The session.
    settings
        Where runs lie, and what means "nothing" among ids.
    customer_file
        Their ids, as `storage.read_ids` reads them; made canonical as those of the log are.
    started_at
        The time now (UTC); it names the receipt.
    journal
        Told what happens.
    rehearsal
        Whether to count only, and change nothing.

    Raises
    ------
    InputError
        No such file, or no column of customers in it.
    SettingsError
        The list lies where the search would find it.
    EnvironmentFault
        A run is under way.
    IntegrityError
        A run that they are in is damaged, and is not sealed anew.
    ErasureError
        The search still finds them, or cannot look everywhere: the receipt says where.
    """
    root, journal = settings.output.path, journal or Journal()
    _check(root, customer_file)
    with settled(spark), ExitStack() as kept:
        try:
            return _erased(spark, settings, _people(spark, settings, customer_file, kept), started_at, journal, rehearsal)
        except Exception as error:
            raise storage.explained(error) or error from None


@dataclass(frozen=True)
class People:
    """Whom it is about.

    Parameters
    ----------
    names
        `person`, the id asked for, and `customer_id`, what they are called in tables: by every pseudonym there ever was of them, too.
    ids
        Every `customer_id`, once.
    asked
        How many people.
    """

    names: DataFrame
    ids: DataFrame
    asked: int


def _check(root: str, customer_file: str) -> None:
    inside = f"{storage.spark_path(customer_file)}/".startswith(f"{storage.spark_path(root).rstrip('/')}/")
    if inside:
        raise SettingsError(f"{customer_file}: the list lies below {root}, where nothing may be left of them. Move it elsewhere")
    if busy := _under_way(root):
        raise EnvironmentFault(f"{root}: under way: {', '.join(busy)}. Wait until it has ended, and run this again")


def _under_way(root: str) -> list[str]:
    return [run_id for run_id in run_ids(root) if state_of(Run(root, run_id)) is State.UNDER_WAY]


def _people(spark: SparkSession, settings: Settings, customer_file: str, kept: ExitStack) -> People:
    source = settings.input or settings.attributes
    canonical = known_id(F.col(CUSTOMER_ID), STRING, source.missing_values if source else ())
    listed = storage.read_ids(spark, customer_file).select(canonical.alias(PERSON)).where(F.col(PERSON).isNotNull()).distinct()
    names = listed.select(PERSON, F.col(PERSON).alias(CUSTOMER_ID)).persist()
    kept.callback(names.unpersist)
    ids = names.select(CUSTOMER_ID).distinct().persist()
    kept.callback(ids.unpersist)
    return People(names, ids, listed.count())


def _erased(spark: SparkSession, settings: Settings, people: People, started_at: datetime, journal: Journal, rehearsal: bool) -> Erasure:
    root, at = settings.output.path, started_at.isoformat(timespec="seconds")
    with journal.stage("find") as stage:
        made_good = 0 if rehearsal else settle(root, at)
        holdings_of_people, found = _found(spark, root, people)
        stage.count(asked_for=people.asked, found=found, runs=len(holdings_of_people))
    receipt = {"act": "erase", "at": at, "by": storage.user(), "asked_for": people.asked, "found": found, "made_good": made_good}
    receipt["runs"] = [_told(holding) for holding in holdings_of_people]
    if rehearsal:
        return Erasure(receipt, None)
    with journal.stage("erase") as stage:
        for holding, told in zip(holdings_of_people, receipt["runs"], strict=True):
            successor = rewritten(spark, holding.run, _change(spark, holding, people, at))
            put_in_place(holding.run, successor, at)
            told["became"] = successor.run_id
        stage.count(runs=len(holdings_of_people), rows=sum(sum(holding.removed.values()) for holding in holdings_of_people))
    with journal.stage("search") as stage:
        proof = searched(spark, root, people.ids, _not_ours(settings))
        stage.count(tables=proof.tables, files=proof.files, hits=sum(hit.count for hit in proof.found))
    receipt |= {"proof": proof.told(), "under_way": _under_way(root), "not_reached": list(NOT_REACHED)}
    path = storage.join(root, RECEIPTS, f"{run_id_of(started_at)}.json")
    storage.make_folder(storage.join(root, RECEIPTS))
    storage.write_text(path, json.dumps(receipt, indent=2) + "\n")
    _stop_unless_proved(proof, receipt["under_way"], path)
    return Erasure(receipt, path)


def _found(spark: SparkSession, root: str, people: People) -> tuple[list[Holding], int]:
    """Runs that people are in, and how many of the people are in any."""
    runs = [Run(root, run_id) for run_id in run_ids(root)]
    rewritable = [run for run in runs if state_of(run) in (State.PUBLISHED, State.COMPLETE, State.HELD_BACK)]
    removed = {run.run_id: _removed(spark, run, people.ids) for run in rewritable}
    sightings = [frame for run in rewritable for frame in _sightings(spark, run, removed[run.run_id])]
    if not sightings:
        return [], 0
    by_run = reduce(DataFrame.unionByName, sightings).distinct().join(people.names, CUSTOMER_ID)
    counts = {row[_PLACE]: row["people"] for row in by_run.rollup(_PLACE).agg(F.count_distinct(PERSON).alias("people")).collect()}
    return [Holding(run, removed[run.run_id], counts.get(run.run_id, 0)) for run in rewritable if removed[run.run_id]], counts.get(None, 0)


def _removed(spark: SparkSession, run: Run, ids: DataFrame) -> dict[str, int]:
    """By table of a run, rows that are theirs; tables without are not told."""
    held = holdings(run.root, places_of(run))
    frames = {table: held.read(spark, table) for table in held.tables}
    counts = {table: only(frame, ids).count() for table, frame in frames.items() if is_about_people(frame)}
    return {table: count for table, count in counts.items() if count}


def _sightings(spark: SparkSession, run: Run, removed: dict[str, int]) -> list[DataFrame]:
    """Who is in a run: frames of (place, customer_id)."""
    frames = [storage.read_table(spark, storage.join(run.root, table)) for table in removed]
    return [frame.select(F.lit(run.run_id).alias(_PLACE), CUSTOMER_ID) for frame in frames if CUSTOMER_ID in frame.columns]


def _told(holding: Holding) -> dict[str, Any]:
    return {"run": holding.run.run_id, "customers": holding.customers, "rows": holding.removed}


def _change(spark: SparkSession, holding: Holding, people: People, at: str) -> Change:
    """Without the people; without what single customers can be seen in; and with an accounting of the lines that are left."""
    accounting = frame_of(spark, remaining_accounting(spark, holding.run, people.ids), ACCOUNTING)

    def table(place: str, rows: DataFrame) -> DataFrame | None:
        if place == "runs/accounting":
            return accounting
        if place == _SINGLE:
            return rows.limit(0)
        return without(rows, people.ids) if is_about_people(rows) else None

    told = {"at": at, "because": "customers erased", "customers": holding.customers, "rows": sum(holding.removed.values())}
    return Change(table, told, lambda place: place == _HANDOVER or place.startswith(f"{_HANDOVER}/"), _withdrawn)


def _withdrawn(place: str, text: str) -> str:
    return without_single_customers(text) if place.endswith(".html") else text


def _not_ours(settings: Settings) -> list[str]:
    """Paths below the output root that hold what comes in."""
    lookup = settings.categories.lookup
    paths = [source.path for source in (settings.input, settings.attributes, lookup) if source and source.format != "table"]
    root = f"{storage.spark_path(settings.output.path).rstrip('/')}/"
    return [found.removeprefix(root) for found in map(storage.spark_path, paths) if found.startswith(root)]


def _stop_unless_proved(proof: Proof, under_way: Sequence[str], path: str) -> None:
    if proof.holds and not under_way:
        return
    faults = [f"{hit.place}{f', column {hit.column}' if hit.column else ''}: {hit.count:,} values" for hit in proof.found]
    faults += [f"{file}: cannot be searched, since writing it was not ended" for file in proof.unsearched]
    faults += [f"runs/{run_id}: began meanwhile, and may hold them" for run_id in under_way]
    raise ErasureError(
        "\n".join(["the search still finds people, or cannot look everywhere:", *(f"  - {fault}" for fault in faults)])
        + f"\nAll that could be rewritten was. `segmentation clean` removes leftovers; then run this again. Receipt: {path}"
    )
