"""Erasure of people from all runs, with a verification by search and a receipt that does not name them."""

import json
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from segmentation import storage
from segmentation.analyses.data_quality.tables import ACCOUNTING
from segmentation.erasure.data_subjects import (
    PERSON,
    DataSubjects,
    Occurrence,
    find_occurrences,
    load_data_subjects,
    runs_with_unknown_keys,
)
from segmentation.erasure.remaining_accounting import remaining_accounting
from segmentation.erasure.rewriting import (
    RunChange,
    is_incremental_state,
    path_in_run,
    recover_interrupted_rewrites,
    replace_run,
    rewrite_run,
)
from segmentation.erasure.verification import ErasureVerification, verify_erasure
from segmentation.error_redaction import redact_error
from segmentation.errors import ErasureError, OutputBusyError, SettingsError
from segmentation.privacy.denylist import extend_denylist
from segmentation.privacy.id_matching import has_personal_rows, without_people
from segmentation.privacy.pseudonyms import remove_from_mapping
from segmentation.progress import RunLog
from segmentation.publish.leases import leases_under
from segmentation.publish.run import run_id_at
from segmentation.report.redaction import redact_single_customers
from segmentation.schemas import CUSTOMER_ID
from segmentation.session import required_conf
from segmentation.settings import Settings
from segmentation.settings.privacy import paths_overlap
from segmentation.stream.micro_batch import FOLDER as LIVE

RECEIPTS = "erasures"
NOT_COVERED = (
    "the log and the customer table, which are the retailer's own: erase people there too, or each run reads and rejects their lines",
    "exports, copies and backups elsewhere, event logs, and what others have read from here",
    "aggregates: summaries, profiles, pages and models were made with these people in them, and name nobody",
)
_ACCOUNTING = "runs/accounting"
_REPLACED_TABLES = (_ACCOUNTING, "runs/segment_examples")


@dataclass(frozen=True)
class ErasureResult:
    """The receipt of an erasure or of its preview, and the receipt's path; None for a preview."""

    receipt: dict[str, Any]
    path: str | None


@dataclass(frozen=True)
class _Context:
    spark: SparkSession
    settings: Settings
    people: DataSubjects
    started_at: datetime
    run_log: RunLog

    @property
    def root(self) -> str:
        return self.settings.output.path

    @property
    def at(self) -> str:
        return self.started_at.isoformat(timespec="seconds")


def erase(
    spark: SparkSession, settings: Settings, customer_file: str, started_at: datetime, run_log: RunLog | None = None
) -> ErasureResult:
    """Remove people from all runs with their orders and comparisons, verify it by a search, and write a receipt.

    Parameters
    ----------
    spark
        The session.
    settings
        Of the output, and of the log, for canonical ids.
    customer_file
        Their ids, as `storage.read_customer_ids` reads them.
    started_at
        The time now (UTC), after which the receipt is named.
    run_log
        Receives the stages and their counts.

    Raises
    ------
    InputError
        There is no such file, or it has no column of customers.
    SettingsError
        The file lies below the output root, where the search would find it.
    OutputBusyError
        A run is under way, or there are live tables.
    IntegrityError
        A run that they are in has changed since it was sealed, and is not rewritten.
    ErasureError
        The search still finds them, or could not search everything; the receipt says where.
    """
    _check(settings.output.path, customer_file)
    with required_conf(spark), storage.output_permissions(settings.output.permissions), ExitStack() as resources:
        try:
            people = load_data_subjects(spark, settings, customer_file, resources)
            return _erase(_Context(spark, settings, people, started_at, run_log or RunLog()))
        except Exception as error:
            raise redact_error(error, settings) from None


def preview_erasure(spark: SparkSession, settings: Settings, customer_file: str, started_at: datetime) -> ErasureResult:
    """Count what `erase` would remove; nothing is changed."""
    with required_conf(spark), ExitStack() as resources:
        try:
            people = load_data_subjects(spark, settings, customer_file, resources)
            context = _Context(spark, settings, people, started_at, RunLog())
            return ErasureResult(_receipt(context, *find_occurrences(spark, context.root, people)), None)
        except Exception as error:
            raise redact_error(error, settings) from None


def _check(root: str, customer_file: str) -> None:
    if paths_overlap(customer_file, root):
        raise SettingsError(f"{customer_file}: the list lies below {root}, where nobody may be left. Move it elsewhere")
    if storage.exists(live := storage.join(root, LIVE)):
        raise OutputBusyError(
            f"{live}: live tables hold people too, with their versions of a week, and are not rewritten. Stop the stream, move that folder "
            "away for good, run this again, and restart the stream from the log: lines of erased people are then rejected"
        )
    if running := _running(root):
        raise OutputBusyError(
            f"{root}: under way: {', '.join(running)}. Wait until it has ended, or see `segmentation clean`, and run this again"
        )


def _running(root: str) -> list[str]:
    """Runs and comparisons whose process is alive, or may be."""
    return [lease.owner_id for lease in leases_under(root).values() if lease.is_alive is not False]


def _erase(context: _Context) -> ErasureResult:
    spark, root, people = context.spark, context.root, context.people
    with context.run_log.stage("find") as stage:
        n_recovered = recover_interrupted_rewrites(spark, root, context.at)
        occurrences, n_present = find_occurrences(spark, root, people)
        stage.count(requested=people.n_requested, present=n_present, runs=len(occurrences))
    extend_denylist(spark, root, run_id_at(context.started_at), people.listed.withColumnRenamed(PERSON, CUSTOMER_ID))
    with context.run_log.stage("erase") as stage:
        successors = {occurrence.run.run_id: _rewrite(context, occurrence) for occurrence in occurrences}
        stage.count(runs=len(occurrences), rows=sum(sum(occurrence.rows.values()) for occurrence in occurrences))
    with context.run_log.stage("verify") as stage:
        verification = verify_erasure(spark, root, people.ids, _inputs_below_root(context.settings))
        unknown_keys = runs_with_unknown_keys(spark, context.settings)
        matches = sum(match.count for match in verification.matches)
        stage.count(tables=verification.n_tables, files=verification.n_files, matches=matches)
    running = _running(root)
    is_proved = verification.has_passed and not (running or unknown_keys)
    # Last of all: as long as anybody is found, the mapping is needed to find the pseudonyms.
    mapping_rows = remove_from_mapping(spark, context.settings.privacy, people.listed) if is_proved else 0
    outcome = {
        "recovered_rewrites": n_recovered,
        "successors": successors,
        "running": running,
        "unknown_keys": unknown_keys,
        "verification": verification.to_dict(),
        "mapping_rows": mapping_rows,
        "not_covered": list(NOT_COVERED),
    }
    result = _write_receipt(context, _receipt(context, occurrences, n_present) | outcome)
    if not is_proved:
        raise ErasureError(_unproved(verification, running, unknown_keys, result.path))
    return result


def _receipt(context: _Context, occurrences: list[Occurrence], n_present: int) -> dict[str, Any]:
    request = {"kind": "erase", "at": context.at, "by": storage.current_user(), "requested": context.people.n_requested}
    return request | {"present": n_present, "runs": [occurrence.to_dict() for occurrence in occurrences]}


def _rewrite(context: _Context, occurrence: Occurrence) -> str:
    """Replace a run by a successor without the people, and return the successor's id."""
    successor = rewrite_run(context.spark, occurrence.run, _change(context, occurrence))
    replace_run(context.spark, occurrence.run, successor, context.at)
    return successor.run_id


def _change(context: _Context, occurrence: Occurrence) -> RunChange:
    """Without the people, without examples of single customers, and with the accounting of the remaining lines.

    The incremental state is dropped as well: its sums by category cannot be reduced to what the next run would compute.
    """
    ids = context.people.ids
    accounting = storage.small_frame(context.spark, remaining_accounting(context.spark, occurrence.run, ids), ACCOUNTING.schema)

    def table(part: str, rows: DataFrame) -> DataFrame | None:
        if part in _REPLACED_TABLES:
            return accounting if part == _ACCOUNTING else rows.limit(0)
        return without_people(rows, ids) if has_personal_rows(rows) else None

    entry = {"at": context.at, "reason": "customers erased", "customers": occurrence.customers, "rows": sum(occurrence.rows.values())}
    removed = {path_in_run(path, occurrence.run): count for path, count in occurrence.rows.items()}
    return RunChange(
        table, entry, is_incremental_state, _redact_page, lambda part: None if part in _REPLACED_TABLES else removed.get(part, 0)
    )


def _redact_page(part: str, text: str) -> str:
    return redact_single_customers(text) if part.endswith(".html") else text


def _inputs_below_root(settings: Settings) -> list[str]:
    """Paths of inputs below the output root, relative to it."""
    sources = (settings.input, settings.attributes, settings.categories.lookup)
    root = f"{storage.spark_path(settings.output.path).rstrip('/')}/"
    paths = [storage.spark_path(source.path) for source in sources if source and source.format != "table"]
    return [path.removeprefix(root) for path in paths if path.startswith(root)]


def _write_receipt(context: _Context, receipt: dict[str, Any]) -> ErasureResult:
    path = storage.join(context.root, RECEIPTS, f"{run_id_at(context.started_at)}.json")
    storage.make_folder(storage.join(context.root, RECEIPTS))
    storage.write_text(path, json.dumps(receipt, indent=2) + "\n")
    return ErasureResult(receipt, path)


def _unproved(verification: ErasureVerification, running: list[str], unknown_keys: list[str], receipt: str | None) -> str:
    faults = [
        *(f"{match.path}{f', column {match.column}' if match.column else ''}: {match.count:,} values" for match in verification.matches),
        *(f"{file}: cannot be searched, since it was not written to its end" for file in verification.unsearched),
        *(f"{run_id}: started meanwhile, and may hold them" for run_id in running),
        *(f"runs/{run_id}: made with another key that the mapping does not have: nobody can be found there" for run_id in unknown_keys),
    ]
    return (
        "\n".join(["the search still finds people, or cannot search everything:", *(f"  - {fault}" for fault in faults)])
        + f"\nEverything that could be rewritten was. `segmentation clean` removes leftovers; then run this again. Receipt: {receipt}"
    )
