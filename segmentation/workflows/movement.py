"""What changed since the run before: where segments come from, who moved, and the history of both; written beside the other tables."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import partial
from typing import Any

from pyspark.sql import DataFrame

from segmentation import storage
from segmentation.clustering.assignment import name_of
from segmentation.context import RunContext, run_concurrently
from segmentation.monitor.history import VALID_TO, continued_history, first_history
from segmentation.monitor.migration import Flow, flows, migration_rows, movement
from segmentation.privacy.moves import lineage_told, migration_told, movement_told
from segmentation.privacy.suppression import is_small
from segmentation.publish.promise import Promise
from segmentation.schemas import (
    AS_OF,
    CUSTOMER_ID,
    MONETARY_NET,
    PREVIOUS_SEGMENT_ID,
    RUN_ID,
    SEGMENT_HISTORY,
    SEGMENT_ID,
    SEGMENT_LINEAGE,
    SEGMENT_MIGRATION,
    SEGMENT_NAME,
    SEGMENT_TREND,
)
from segmentation.workflows.grouping import Grouped, Steadiness
from segmentation.workflows.identity import Descent
from segmentation.workflows.predecessor import Predecessor, rows_before
from segmentation.workflows.small_groups import counted
from segmentation.workflows.writing import Written

Rows = list[dict[str, Any]]
_HISTORY, _TREND = "segment_history", "segment_trend"


@dataclass(frozen=True)
class Movement:
    """What changed since the run before.

    Parameters
    ----------
    told
        For the manifest; None on a first run.
    tables
        Rows by table; those of a first run have no lineage and no migration.
    stays
        Rows of segment_history.
    kept_back
        How many values each table keeps back, by name.
    flows
        Customers between the segments of before and of now, exact; none on a first run.
    """

    told: dict[str, Any] | None
    tables: Mapping[str, Rows]
    stays: int
    kept_back: Mapping[str, int] = field(default_factory=dict)
    flows: tuple[Flow, ...] = ()

    def promises(self) -> Mapping[str, Promise]:
        """What its tables must be."""
        optional = {
            "segment_lineage": (SEGMENT_LINEAGE, (), tuple(SEGMENT_LINEAGE.names[1:])),
            "segment_migration": (SEGMENT_MIGRATION, ("from_segment_id", SEGMENT_ID), tuple(SEGMENT_MIGRATION.names)),
            _TREND: (SEGMENT_TREND, (RUN_ID, SEGMENT_ID), ("revenue_net", "revenue_share", "monetary_net_mean")),
        }
        small = {name: Promise(len(rows), optional[name][1], optional[name][0], optional[name][2]) for name, rows in self.tables.items()}
        return {**small, _HISTORY: Promise(self.stays, (CUSTOMER_ID, "valid_from"), SEGMENT_HISTORY, (VALID_TO,))}


def write_movement(context: RunContext, groups: Grouped, before: Predecessor | None, as_of: date, written: Written) -> Movement:
    """segment_history and segment_trend, and after another run segment_lineage and segment_migration."""
    names = {row[SEGMENT_ID]: row[SEGMENT_NAME] for row in written.tables.segment_summary}
    with context.run_log.stage("movement") as stage:
        found, stays = run_concurrently(
            partial(_flows, context, groups, before) if before else list, partial(_write_history, context, groups, before, as_of, names)
        )
        exact = _tables(groups, before, found, names)
        few = context.settings.privacy.smallest_group
        told = {name: _TOLD[name](rows, few) for name, rows in exact.items()}
        tables = {**told, _TREND: _trend(context, groups, before, as_of, written)}
        for name, rows in tables.items():
            context.write_rows(name, rows, _SCHEMAS[name])
        counts = movement(found) if before else {}
        stage.count(stays=stays, **{name: count for name, count in movement_told(counts, few).items() if count is not None})
    told_of = _told(before, counts, groups.steadiness, few) if before else None
    return Movement(told_of, tables, stays, counted({name: (rows, told[name]) for name, rows in exact.items()}), tuple(found))


_SCHEMAS = {"segment_lineage": SEGMENT_LINEAGE, "segment_migration": SEGMENT_MIGRATION, _TREND: SEGMENT_TREND}
_TOLD = {"segment_lineage": lineage_told, "segment_migration": migration_told}


def _flows(context: RunContext, groups: Grouped, before: Predecessor) -> list[Flow]:
    spend = [MONETARY_NET] if MONETARY_NET in groups.customers.columns else []
    then = before.customers(context.spark)
    if spend:
        features = storage.read_table(context.spark, before.run.path("customer_features")).select(CUSTOMER_ID, *spend)
        then = then.join(features, CUSTOMER_ID)
    return flows(groups.customers.select(CUSTOMER_ID, SEGMENT_ID, PREVIOUS_SEGMENT_ID, *spend), then)


def _tables(groups: Grouped, before: Predecessor | None, found: list[Flow], names: Mapping[int, str]) -> dict[str, Rows]:
    if before is None:
        return {}
    migration = {"segment_migration": migration_rows(found, before.names, names)}
    lineage = [_lineage_row(one, before.names, names) for one in groups.identity.descent]
    return {"segment_lineage": lineage, **migration} if lineage else migration


def _lineage_row(one: Descent, old_names: Mapping[int, str], names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "fate": one.fate.value,
        "from_segment_id": one.old,
        "from_segment_name": None if one.old is None else old_names[one.old],
        SEGMENT_ID: one.new,
        SEGMENT_NAME: None if one.new is None else names[one.new],
        "customers": one.customers,
        "from_share": one.of_old,
        "to_share": one.of_new,
    }


def _write_history(context: RunContext, groups: Grouped, before: Predecessor | None, as_of: date, names: Mapping[int, str]) -> int:
    """segment_history, and how many stays it has."""
    members = groups.customers.select(CUSTOMER_ID, SEGMENT_ID, name_of(names).alias(SEGMENT_NAME))
    known = _known_history(context, before)
    if known is None:
        return context.write_counted(first_history(members, as_of, context.run.run_id), _HISTORY)
    return context.write_counted(continued_history(known, members, as_of, context.run.run_id), _HISTORY)


def _known_history(context: RunContext, before: Predecessor | None) -> DataFrame | None:
    """Up to the run before; None where it has none, or customers are called otherwise now."""
    if before is None or not before.knows_customers or not storage.exists(before.run.path(_HISTORY)):
        return None
    return storage.read_table(context.spark, before.run.path(_HISTORY), SEGMENT_HISTORY)


def _trend(context: RunContext, groups: Grouped, before: Predecessor | None, as_of: date, written: Written) -> Rows:
    """A row for each run of the line and each of its segments; what it says of this day and later ones is said anew."""
    own = [
        {
            RUN_ID: context.run.run_id,
            AS_OF: as_of,
            "model_run_id": groups.model.run_id if groups.model else context.run.run_id,
            **{name: row.get(name) for name in SEGMENT_TREND.names[3:]},
        }
        for row in written.tables.segment_summary
    ]
    return [*(rows_before(before.run, _TREND, as_of, SEGMENT_ID) if before else []), *own]


def _told(before: Predecessor, counts: Mapping[str, int], steadiness: Steadiness | None, few: int) -> dict[str, Any]:
    steady = None if steadiness is None or _is_few(steadiness, few) else asdict(steadiness)
    return {
        "since_run": before.run.run_id,
        "since_as_of": before.manifest["as_of"],
        "customers": movement_told(counts, few),
        "steadiness": steady,
    }


def _is_few(steadiness: Steadiness, few: int) -> bool:
    """Whether its counts would tell of few customers."""
    counts = (steadiness.moved, steadiness.moved_to_nearest, steadiness.moved_to_nearest - steadiness.moved)
    return few > 1 and any(is_small(count, few) for count in counts)
