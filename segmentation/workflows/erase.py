"""People taken out of every run, proved by a search, and a receipt that does not name them."""

import json
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from segmentation import storage
from segmentation.context import small_frame
from segmentation.errors import EnvironmentFault, ErasureError, SettingsError
from segmentation.privacy.erasure import is_about_people, without
from segmentation.progress import RunLog
from segmentation.publish.claims import claims
from segmentation.publish.run import run_id_of
from segmentation.report.withdrawal import without_single_customers
from segmentation.schemas import ACCOUNTING, CUSTOMER_ID
from segmentation.session import settled
from segmentation.settings import Settings
from segmentation.settings.privacy import overlap
from segmentation.workflows.failures import told
from segmentation.workflows.kept_out import keep_out
from segmentation.workflows.live import FOLDER as LIVE
from segmentation.workflows.mapping import forget
from segmentation.workflows.people import PERSON, People, Sighting, people_of, seen, unreadable_keys
from segmentation.workflows.proof import Proof, searched
from segmentation.workflows.remaining import remaining_accounting
from segmentation.workflows.rewriting import Change, place_of, put_in_place, rewritten, settle

RECEIPTS = "erasures"
NOT_REACHED = (
    "the log and the customer table, which are the retailer's own: erase people there too, or each run reads them and rejects their lines",
    "exports, copies and backups elsewhere, event logs, and what others have read from here",
    "figures of groups: summaries, profiles, pages and models were made with these people in them, and name nobody",
)
_HANDOVER = "orders/_night"
_ACCOUNTING = "runs/accounting"
_MADE_ANEW = (_ACCOUNTING, "runs/segment_examples")


@dataclass(frozen=True)
class Erasure:
    """What an erasure did, or would do: its receipt, and where that lies, None for a rehearsal."""

    receipt: dict[str, Any]
    path: str | None


@dataclass(frozen=True)
class _Act:
    spark: SparkSession
    settings: Settings
    people: People
    started_at: datetime
    run_log: RunLog

    @property
    def root(self) -> str:
        return self.settings.output.path

    @property
    def at(self) -> str:
        return self.started_at.isoformat(timespec="seconds")


def erase(spark: SparkSession, settings: Settings, customer_file: str, started_at: datetime, run_log: RunLog | None = None) -> Erasure:
    """Take people out of every run, its orders and its comparisons, search for them, and write a receipt.

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

    Raises
    ------
    InputError
        No such file, or no column of customers in it.
    SettingsError
        The list lies where the search would find it.
    EnvironmentFault
        A run is under way, or there are live tables.
    IntegrityError
        A run that they are in is damaged, and is not sealed anew.
    ErasureError
        The search still finds them, or cannot look everywhere: the receipt says where.
    """
    _check(settings.output.path, customer_file)
    with settled(spark), storage.written_for(settings.output.permissions), ExitStack() as kept:
        try:
            people = people_of(spark, settings, customer_file, kept)
            return _erased(_Act(spark, settings, people, started_at, run_log or RunLog()))
        except Exception as error:
            raise told(error, settings) from None


def rehearse(spark: SparkSession, settings: Settings, customer_file: str, started_at: datetime) -> Erasure:
    """What `erase` would take out, counted; nothing is changed."""
    with settled(spark), ExitStack() as kept:
        try:
            act = _Act(spark, settings, people_of(spark, settings, customer_file, kept), started_at, RunLog())
            return Erasure(_begun(act, *seen(spark, act.root, act.people)), None)
        except Exception as error:
            raise told(error, settings) from None


def _check(root: str, customer_file: str) -> None:
    if overlap(customer_file, root):
        raise SettingsError(f"{customer_file}: the list lies below {root}, where nothing may be left of them. Move it elsewhere")
    if storage.exists(live := storage.join(root, LIVE)):
        raise EnvironmentFault(
            f"{live}: live tables hold people too, with all they were a week ago, and are not rewritten. Stop the stream, move that folder "
            "away for good, run this again, and follow the log anew: lines of erased people are then rejected"
        )
    if busy := _under_way(root):
        raise EnvironmentFault(
            f"{root}: under way: {', '.join(busy)}. Wait until it has ended, or see `segmentation clean`, and run this again"
        )


def _under_way(root: str) -> list[str]:
    """Runs and comparisons that may still be written, for all that is known of their processes."""
    return [claim.claim_id for claim in claims(root).values() if claim.is_alive is not False]


def _erased(act: _Act) -> Erasure:
    with act.run_log.stage("find") as stage:
        made_good = settle(act.spark, act.root, act.at)
        sightings, found = seen(act.spark, act.root, act.people)
        stage.count(asked_for=act.people.asked, found=found, runs=len(sightings))
    keep_out(act.spark, act.root, run_id_of(act.started_at), act.people.listed.withColumnRenamed(PERSON, CUSTOMER_ID))
    with act.run_log.stage("erase") as stage:
        became = {sighting.run.run_id: _taken_out(act, sighting) for sighting in sightings}
        stage.count(runs=len(sightings), rows=sum(sum(sighting.rows.values()) for sighting in sightings))
    with act.run_log.stage("search") as stage:
        proof = searched(act.spark, act.root, act.people.ids, _not_ours(act.settings))
        hidden = unreadable_keys(act.spark, act.settings)
        stage.count(tables=proof.tables, files=proof.files, hits=sum(hit.count for hit in proof.found))
    under_way = _under_way(act.root)
    # Last of all: as long as anybody is found, the mapping tells by which pseudonyms.
    forgotten = forget(act.spark, act.settings.privacy, act.people.listed) if proof.holds and not (under_way or hidden) else 0
    outcome = {
        "made_good": made_good,
        "became": became,
        "under_way": under_way,
        "other_keys": hidden,
        "proof": proof.told(),
        "mapping_rows": forgotten,
        "not_reached": list(NOT_REACHED),
    }
    erasure = _received(act, _begun(act, sightings, found) | outcome)
    _stop_unless_proved(proof, erasure)
    return erasure


def _begun(act: _Act, sightings: list[Sighting], found: int) -> dict[str, Any]:
    who = {"act": "erase", "at": act.at, "by": storage.user(), "asked_for": act.people.asked, "found": found}
    return who | {"runs": [sighting.told() for sighting in sightings]}


def _taken_out(act: _Act, sighting: Sighting) -> str:
    """A run without the people, in its place: what it is called now."""
    successor = rewritten(act.spark, sighting.run, _change(act, sighting))
    put_in_place(act.spark, sighting.run, successor, act.at)
    return successor.run_id


def _change(act: _Act, sighting: Sighting) -> Change:
    """Without the people; without what shows single customers; and with an accounting of the lines that are left."""
    ids = act.people.ids
    accounting = small_frame(act.spark, remaining_accounting(act.spark, sighting.run, ids), ACCOUNTING)

    def table(place: str, rows: DataFrame) -> DataFrame | None:
        if place in _MADE_ANEW:
            return accounting if place == _ACCOUNTING else rows.limit(0)
        return without(rows, ids) if is_about_people(rows) else None

    because = {"at": act.at, "because": "customers erased", "customers": sighting.customers, "rows": sum(sighting.rows.values())}
    gone = {place_of(path, sighting.run): count for path, count in sighting.rows.items()}
    return Change(table, because, _is_handover, _withdrawn, lambda place: None if place in _MADE_ANEW else gone.get(place, 0))


def _is_handover(place: str) -> bool:
    """Sums by category cannot be lowered to what the next night would find: it reads everything instead."""
    return place == _HANDOVER or place.startswith(f"{_HANDOVER}/")


def _withdrawn(place: str, text: str) -> str:
    return without_single_customers(text) if place.endswith(".html") else text


def _not_ours(settings: Settings) -> list[str]:
    """Paths below the output root that hold what comes in."""
    sources = (settings.input, settings.attributes, settings.categories.lookup)
    root = f"{storage.spark_path(settings.output.path).rstrip('/')}/"
    paths = [storage.spark_path(source.path) for source in sources if source and source.format != "table"]
    return [path.removeprefix(root) for path in paths if path.startswith(root)]


def _received(act: _Act, receipt: dict[str, Any]) -> Erasure:
    path = storage.join(act.root, RECEIPTS, f"{run_id_of(act.started_at)}.json")
    storage.make_folder(storage.join(act.root, RECEIPTS))
    storage.write_text(path, json.dumps(receipt, indent=2) + "\n")
    return Erasure(receipt, path)


def _stop_unless_proved(proof: Proof, erasure: Erasure) -> None:
    under_way, hidden = erasure.receipt["under_way"], erasure.receipt["other_keys"]
    if proof.holds and not under_way and not hidden:
        return
    faults = [f"{hit.place}{f', column {hit.column}' if hit.column else ''}: {hit.count:,} values" for hit in proof.found]
    faults += [f"{file}: cannot be searched, since writing it was not ended" for file in proof.unsearched]
    faults += [f"{run_id}: began meanwhile, and may hold them" for run_id in under_way]
    faults += [f"runs/{run_id}: made with another key, of which no mapping tells: nobody can be looked for there" for run_id in hidden]
    raise ErasureError(
        "\n".join(["the search still finds people, or cannot look everywhere:", *(f"  - {fault}" for fault in faults)])
        + f"\nAll that could be rewritten was. `segmentation clean` removes leftovers; then run this again. Receipt: {erasure.path}"
    )
