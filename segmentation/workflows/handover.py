"""What a run leaves for the next night, beside its orders and published with them."""

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
from segmentation.ingest.accounting import Tally
from segmentation.ingest.nights import LINE_COLUMNS, Horizon, added_up, astride, only_of
from segmentation.ingest.orders import to_orders
from segmentation.publish.run import Run, published
from segmentation.schemas import CATEGORY, ORDERED_AT, PRODUCT_ID
from segmentation.workflows.ingestion import Ingested

_FOLDER = "_night"
"""Below the orders; readers of these pass over names that begin so."""
_RECENT, _OLDER, _SPEND = "recent_lines", "older_parts", "spend_by_category"


@dataclass(frozen=True)
class Basis:
    """What the orders rest on, beside the lines themselves.

    Parameters
    ----------
    fingerprints
        Of settings, software and the columns as they stand in the log, by what they are.
    files
        Those of the log, each with its size and tag or time of change; None where this cannot be told, of them or of a lookup's.
    """

    fingerprints: Mapping[str, str]
    files: Mapping[str, str] | None


@dataclass(frozen=True)
class Handover:
    """What the published run has left.

    Parameters
    ----------
    run
        Whose it is.
    basis
        What its orders rest on.
    read
        All lines read up to it.
    categories
        Names of those told apart.
    horizon
        Up to where its lines are settled.
    """

    run: Run
    basis: Basis
    read: Tally
    categories: tuple[str, ...]
    horizon: Horizon

    def recent_lines(self, spark: SparkSession) -> DataFrame:
        """Accepted lines that are not settled."""
        return storage.read_table(spark, _place(self.run, _RECENT))

    def older_parts(self, spark: SparkSession) -> DataFrame:
        """What settled lines make of the order rows that have recent ones too."""
        return storage.read_table(spark, _place(self.run, _OLDER))

    def spend(self, spark: SparkSession) -> DataFrame:
        """Gross spend of all accepted lines by category."""
        return storage.read_table(spark, _place(self.run, _SPEND))


def basis_of(context: RunContext, log: DataFrame) -> Basis:
    """What orders made of this log now would rest on; of settings, all that ingestion looks at."""
    settings, lookup = context.settings, _lookup_files(context)
    parts: dict[str, Any] = {
        "input": settings.log.model_dump(mode="json", exclude={"path", "nightly"}),
        "rules": settings.rules.model_dump(mode="json", exclude={"stop_above_rejected_share"}),
        "categories": settings.categories.model_dump(mode="json"),
        "files of categories.lookup": lookup,
        "features.as_of": str(settings.features.as_of),
        "columns of the log": log.schema.jsonValue(),
        "privacy.pseudonyms": context.pseudonyms.key_id if context.pseudonyms else None,
        "software": [segmentation.__version__, context.spark.version],
    }
    return Basis({name: _fingerprint(part) for name, part in parts.items()}, None if lookup is None else storage.file_stamps(log))


def left_by_last(context: RunContext) -> Handover | None:
    """What the published run has left, if it has."""
    run = published(context.settings.output.path)
    if run is None or not storage.exists(_place(run, "night.json")):
        return None
    found = json.loads(storage.read_text(_place(run, "night.json")))
    horizon = Horizon(found["last_line_at"], context.settings.rules.void_within_hours)
    return Handover(run, Basis(found["fingerprints"], found["files"]), Tally(**found["read"]), tuple(found["categories"]), horizon)


def leave(context: RunContext, log: Ingested, settled: Sequence[DataFrame], basis: Basis) -> None:
    """Write what the next night needs.

    Parameters
    ----------
    context
        The run under way.
    log
        What it ingested.
    settled
        Order rows of lines that are not among `log.lines`.
    basis
        What its orders rest on.
    """
    with context.run_log.stage("keep") as stage:
        horizon = Horizon(log.stock.last_line_at, context.settings.rules.void_within_hours)
        recent = log.lines.where(horizon.is_recent(F.col(ORDERED_AT))).select(*LINE_COLUMNS)
        tables = {_RECENT: recent, _OLDER: _older(context, log, settled, horizon), _SPEND: log.spend}
        run_concurrently(*(partial(storage.write_table, frame, _place(context.run, name)) for name, frame in tables.items()))
        storage.write_text(_place(context.run, "night.json"), json.dumps(_plain(log, basis), indent=2) + "\n")
        stage.count(recent_lines=storage.read_table(context.spark, _place(context.run, _RECENT)).count())


def _older(context: RunContext, log: Ingested, settled: Sequence[DataFrame], horizon: Horizon) -> DataFrame:
    """Rows are rarely astride: an order's lines mostly come at one time."""
    keys = context.cache(astride(log.orders, horizon))
    if not keys.count():
        return log.orders.limit(0)
    lines = log.lines.where(horizon.is_settled(F.col(ORDERED_AT)))
    return only_of(added_up([*settled, to_orders(lines, log.categories, context.settings.has_products)]), keys)


def _plain(log: Ingested, basis: Basis) -> dict[str, Any]:
    return {
        "fingerprints": dict(basis.fingerprints),
        "files": dict(basis.files or {}),
        "read": asdict(log.read),
        "categories": [category.name for category in log.categories],
        "last_line_at": log.stock.last_line_at,
    }


def _lookup_files(context: RunContext) -> Mapping[str, str] | None:
    """No files where there is no lookup; None where they cannot be told."""
    lookup = context.settings.categories.lookup
    if lookup is None:
        return {}
    return storage.file_stamps(storage.read_source(context.spark, lookup, {PRODUCT_ID: lookup.product_id, CATEGORY: lookup.category}))


def _fingerprint(part: Any) -> str:
    return hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest()


def _place(run: Run, name: str) -> str:
    return storage.join(run.orders, _FOLDER, name)
