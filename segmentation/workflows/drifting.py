"""The table drift: features of a run held against those of others, for all customers and for each segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from segmentation import storage
from segmentation.context import RunContext
from segmentation.monitor.drift import Drift, Key, Spread, drifts, spreads
from segmentation.privacy.figures import kept_back, quantile_told
from segmentation.publish.promise import Promise
from segmentation.publish.run import Run
from segmentation.schemas import AS_OF, CUSTOMER_ID, DRIFT, DRIFT_TREND, RUN_ID, SEGMENT_ID
from segmentation.workflows.predecessor import rows_before
from segmentation.workflows.references import Known

Rows = list[dict[str, Any]]
TREND = "drift_trend"
_LEVELS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


@dataclass(frozen=True)
class DriftTable:
    """Rows as they are told, and how many values are kept back for small groups."""

    rows: Rows
    kept_back: int = 0

    def promise(self) -> Promise:
        """What the table must be."""
        quantiles = [name for name in DRIFT.names if name.partition("_")[0] in _LEVELS]
        return Promise(len(self.rows), ("reference", SEGMENT_ID, "feature"), DRIFT, (SEGMENT_ID, *quantiles))


def drifts_of(context: RunContext, run: Run, references: Mapping[str, Known]) -> dict[str, list[Drift]]:
    """How far each feature of a run has moved since each of its references."""
    if not references:
        return {}
    members = context.cache(_members(context, run))
    now = members, _spreads(members)
    return {name: _drifts(_members(context, reference.run), now) for name, reference in references.items()}


def drift_table(found: Mapping[str, Sequence[Drift]], references: Mapping[str, Known], largest_psi: float, few: int) -> DriftTable:
    """The table, without quantiles that rest on too few customers.

    Parameters
    ----------
    found
        By reference.
    references
        The runs.
    largest_psi
        Above it a shift is a major one.
    few
        privacy.smallest_group.
    """
    pairs = [(one, _row(name, references[name].run.run_id, one, largest_psi)) for name, some in found.items() for one in some]
    exact = [row for _, row in pairs]
    rows = exact if few == 1 else [_row_told(one, row, few) for one, row in pairs]
    return DriftTable(rows, kept_back(exact, rows))


def drift_trend(context: RunContext, found: DriftTable, before: Run, as_of: date) -> Rows:
    """How far features of all customers have moved, a row for each run of the line; this day and later ones are said anew.

    Parameters
    ----------
    context
        Of the run under way.
    found
        Its own drift.
    before
        The run it follows.
    as_of
        The day it describes.
    """
    mine = {RUN_ID: context.run.run_id, AS_OF: as_of}
    own = [{**mine, **{name: row[name] for name in DRIFT_TREND.names[2:]}} for row in found.rows if row[SEGMENT_ID] is None]
    return [*rows_before(before, TREND, as_of, "reference", "feature"), *own]


def _members(context: RunContext, run: Run) -> DataFrame:
    """Customers of a run with their segment and features."""
    features = storage.read_table(context.spark, run.path("customer_features")).drop(AS_OF)
    segments = storage.read_table(context.spark, run.path("customer_segments")).select(CUSTOMER_ID, SEGMENT_ID)
    return features.join(segments, CUSTOMER_ID).drop(CUSTOMER_ID)


def _drifts(then: DataFrame, now: tuple[DataFrame, Mapping[Key, Spread]]) -> list[Drift]:
    return drifts((then, _spreads(then)), now)


def _spreads(members: DataFrame) -> dict[Key, Spread]:
    return spreads(members, [name for name in members.columns if name != SEGMENT_ID])


def _row(name: str, run_id: str, found: Drift, largest_psi: float) -> dict[str, Any]:
    sides = {"then": found.before, "now": found.after}
    values = {
        "reference": name,
        "reference_run_id": run_id,
        SEGMENT_ID: found.segment,
        "feature": found.feature,
        "psi": found.psi,
        "psi_by_chance": found.by_chance,
        **{f"{level}_{side}": spread.quantile(_LEVELS[level]) for level in _LEVELS for side, spread in sides.items()},
        "verdict": found.verdict(largest_psi),
    }
    return {name: values[name] for name in DRIFT.names}


def _row_told(found: Drift, row: Mapping[str, Any], few: int) -> dict[str, Any]:
    customers = dict(zip(("then", "now"), found.customers, strict=True))
    told = {
        f"{level}_{side}": quantile_told(row[f"{level}_{side}"], _LEVELS[level], count, few)
        for level in _LEVELS
        for side, count in customers.items()
    }
    return {**row, **told}
