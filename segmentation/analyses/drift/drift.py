"""Drift: how far features have moved since earlier runs, over all customers and in each segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.drift.section import drift_section
from segmentation.analyses.drift.tables import DRIFT, DRIFT_TREND
from segmentation.context import RunContext
from segmentation.fitted.references import ReferenceRun, earlier_rows
from segmentation.fitted.segments import FittedSegments
from segmentation.privacy.suppression import publishable_quantile
from segmentation.profiling.psi import FeatureDrift
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.schemas import AS_OF, RUN_ID, SEGMENT_ID, Records

_LEVELS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
_SIDES = ("reference", "current")


@dataclass(frozen=True)
class DriftTable:
    """Rows of the table drift, and by row the customers in the reference and in the current run."""

    rows: Records
    customers: tuple[tuple[int, int], ...]

    def suppressed(self, min_group_size: int) -> "DriftTable":
        """The same without quantiles that rest on too few customers, and the others to three digits."""
        pairs = zip(self.rows, self.customers, strict=True)
        return DriftTable([_publishable(row, counts, min_group_size) for row, counts in pairs], self.customers)


def drift_table(drifts: Mapping[str, Sequence[FeatureDrift]], references: Mapping[str, ReferenceRun], max_psi: float) -> DriftTable:
    """The table drift, exact.

    By name of the reference. A shift above `max_psi` is major.
    """
    pairs = [(drift, references[name].run.run_id, name) for name, of_reference in drifts.items() for drift in of_reference]
    rows = [_row(drift, name, run_id, max_psi) for drift, run_id, name in pairs]
    return DriftTable(rows, tuple(drift.customers for drift, *_ in pairs))


def trend_rows(drift_rows: Records, stamp: Mapping[str, Any]) -> Records:
    """Rows of drift_trend for one run, from those of drift; `stamp` is its run_id and as_of."""
    names = DRIFT_TREND.schema.names[len(stamp) :]
    return [{**stamp, **{name: row[name] for name in names}} for row in drift_rows if row[SEGMENT_ID] is None]


def _row(drift: FeatureDrift, reference: str, run_id: str, max_psi: float) -> dict[str, Any]:
    deciles = {"reference": drift.reference, "current": drift.current}
    values = {
        "reference": reference,
        "reference_run_id": run_id,
        SEGMENT_ID: drift.segment,
        "feature": drift.feature,
        "psi": drift.psi,
        "psi_null_p999": drift.psi_null_p999,
        **{f"{name}_{side}": deciles[side].quantile(level) for name, level in _LEVELS.items() for side in _SIDES},
        "verdict": drift.verdict(max_psi),
    }
    return {name: values[name] for name in DRIFT.schema.names}


def _publishable(row: Mapping[str, Any], customers: tuple[int, int], min_group_size: int) -> dict[str, Any]:
    quantiles = {
        f"{name}_{side}": publishable_quantile(row[f"{name}_{side}"], level, count, min_group_size)
        for name, level in _LEVELS.items()
        for side, count in zip(_SIDES, customers, strict=True)
    }
    return {**row, **quantiles}


class Drift(Analysis):
    """Population stability index and quantiles of each feature, since each of the run's references."""

    name = "drift"
    tables = (DRIFT, DRIFT_TREND)

    def compute(self, context: RunContext, segments: FittedSegments) -> Result | None:
        """Two passes over the customers of this run and of each reference; nothing on a first run."""
        if segments.predecessor is None or not segments.references:
            return None
        table = drift_table(segments.feature_drifts, segments.references, context.settings.monitor.max_psi)
        if not table.rows:
            return None
        as_of = segments.source.as_of
        own = trend_rows(table.rows, {RUN_ID: segments.run_id, AS_OF: as_of})
        trend = [*earlier_rows(segments.predecessor.run, DRIFT_TREND.name, as_of, "reference", "feature"), *own]
        return Result({DRIFT.name: table.rows, DRIFT_TREND.name: trend}, counts={"references": len(segments.references)}, details=table)

    def suppress(self, result: Result, min_group_size: int) -> Result:
        """Suppress quantiles that rest on too few customers."""
        table: DriftTable = result.details
        return replace(result, tables={**result.tables, DRIFT.name: table.suppressed(min_group_size).rows})

    def section(self, result: Result, data: ReportData) -> Section | None:
        """The index of the features that moved most, run by run."""
        return drift_section(data)
