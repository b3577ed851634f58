"""The state that a run saves with its orders, so that the next run can read only the new files of the log."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import segmentation
from segmentation import storage
from segmentation.context import RunContext, run_concurrently
from segmentation.incremental.merging import LINE_COLUMNS, Watermark, rows_with_key, straddling_orders
from segmentation.ingest.accounting import LineTotals
from segmentation.ingest.log import IngestedLog
from segmentation.ingest.orders import aggregate_orders, sum_order_rows
from segmentation.publish.run import Run, published_run
from segmentation.schemas import CATEGORY, ORDERED_AT, PRODUCT_ID

STATE_FOLDER = "_incremental"
"""In the folder of the orders. Readers of these skip names that begin with an underscore."""
_RECENT_LINES, _FINAL_PARTS, _SPEND, _FILE = "recent_lines", "final_parts", "spend_by_category", "state.json"


@dataclass(frozen=True)
class InputSnapshot:
    """What the orders depend on apart from the lines: they can be continued only where it is unchanged."""

    # Hashes of settings, software and the columns of the log, by name.
    fingerprints: Mapping[str, str]
    # Files of the log, each with its size and tag or modification time; None where the file system does not report them, for the log or for
    # a lookup table.
    files: Mapping[str, str] | None


@dataclass(frozen=True)
class IncrementalState:
    """The saved state of a run."""

    run: Run
    snapshot: InputSnapshot
    totals: LineTotals  # of all lines read up to this run
    categories: tuple[str, ...]
    watermark: Watermark

    def recent_lines(self, spark: SparkSession) -> DataFrame:
        """Accepted lines that may still be voided."""
        return storage.read_table(spark, _path(self.run, _RECENT_LINES))

    def final_parts(self, spark: SparkSession) -> DataFrame:
        """Order rows of final lines, for the orders that also have recent lines."""
        return storage.read_table(spark, _path(self.run, _FINAL_PARTS))

    def spend_by_category(self, spark: SparkSession) -> DataFrame:
        """Gross spend of all accepted lines by category."""
        return storage.read_table(spark, _path(self.run, _SPEND))


def snapshot_input(context: RunContext, log: DataFrame) -> InputSnapshot:
    """Take a snapshot of the log's files, and of every setting that ingestion depends on."""
    settings, lookup_files = context.settings, _lookup_files(context)
    parts: dict[str, Any] = {
        "input": settings.log.model_dump(mode="json", exclude={"path", "incremental"}),
        "rules": settings.rules.model_dump(mode="json", exclude={"max_rejected_share"}),
        "categories": settings.categories.model_dump(mode="json"),
        "files of categories.lookup": lookup_files,
        "features.as_of": str(settings.features.as_of),
        "columns of the log": log.schema.jsonValue(),
        "privacy.pseudonyms": context.pseudonyms.key_id if context.pseudonyms else None,
        "software": [segmentation.__version__, context.spark.version],
    }
    files = None if lookup_files is None else storage.file_versions(log)
    return InputSnapshot({name: _fingerprint(part) for name, part in parts.items()}, files)


def load_state(context: RunContext) -> IncrementalState | None:
    """The state saved by the published run; None where there is none."""
    run = published_run(context.settings.output.path)
    if run is None or not storage.exists(_path(run, _FILE)):
        return None
    saved = json.loads(storage.read_text(_path(run, _FILE)))
    return IncrementalState(
        run=run,
        snapshot=InputSnapshot(saved["fingerprints"], saved["files"]),
        totals=LineTotals(**saved["totals"]),
        categories=tuple(saved["categories"]),
        watermark=Watermark(saved["last_line_at"], context.settings.rules.void_within_hours),
    )


def save_state(context: RunContext, log: IngestedLog, final_rows: Sequence[DataFrame], snapshot: InputSnapshot) -> None:
    """Write the state for the next run.

    `final_rows` are order rows of lines that are not in `log.accepted_lines`.
    """
    with context.run_log.stage("save state") as stage:
        watermark = Watermark(log.order_summary.last_line_at, context.settings.rules.void_within_hours)
        recent = log.accepted_lines.where(watermark.is_recent(F.col(ORDERED_AT))).select(*LINE_COLUMNS)
        parts = _final_parts(context, log, final_rows, watermark)
        tables = {_RECENT_LINES: recent, _FINAL_PARTS: parts, _SPEND: log.spend_by_category}
        run_concurrently(*(partial(storage.write_table, frame, _path(context.run, name)) for name, frame in tables.items()))
        storage.write_text(_path(context.run, _FILE), json.dumps(_to_json(log, snapshot), indent=2) + "\n")
        stage.count(recent_lines=storage.read_table(context.spark, _path(context.run, _RECENT_LINES)).count())


def _final_parts(context: RunContext, log: IngestedLog, final_rows: Sequence[DataFrame], watermark: Watermark) -> DataFrame:
    keys = context.cache(straddling_orders(log.orders, watermark))
    # Such orders are rare: most lines of an order are of one time.
    if not keys.count():
        return log.orders.limit(0)
    lines = log.accepted_lines.where(watermark.is_final(F.col(ORDERED_AT)))
    return rows_with_key(sum_order_rows([*final_rows, aggregate_orders(lines, log.categories, context.settings.has_products)]), keys)


def _to_json(log: IngestedLog, snapshot: InputSnapshot) -> dict[str, Any]:
    return {
        "fingerprints": dict(snapshot.fingerprints),
        "files": dict(snapshot.files or {}),
        "totals": asdict(log.totals),
        "categories": [category.name for category in log.categories],
        "last_line_at": log.order_summary.last_line_at,
    }


def _lookup_files(context: RunContext) -> Mapping[str, str] | None:
    """Files of the lookup table; empty without a lookup, None where the file system does not report them."""
    lookup = context.settings.categories.lookup
    if lookup is None:
        return {}
    return storage.file_versions(storage.read_source(context.spark, lookup, {PRODUCT_ID: lookup.product_id, CATEGORY: lookup.category}))


def _fingerprint(part: Any) -> str:
    return hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest()


def _path(run: Run, name: str) -> str:
    return storage.join(run.orders, STATE_FOLDER, name)
