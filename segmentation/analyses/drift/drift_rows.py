"""Rows of the tables drift and drift_trend, and suppression of quantiles that rest on too few customers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segmentation.analyses.drift.tables import DRIFT, DRIFT_TREND
from segmentation.fitted.references import ReferenceRun
from segmentation.privacy.suppression import publishable_quantile
from segmentation.profiling.psi import FeatureDrift
from segmentation.schemas import SEGMENT_ID

Rows = list[dict[str, Any]]
_LEVELS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
_SIDES = ("reference", "current")


@dataclass(frozen=True)
class DriftTable:
    """Rows of the table drift, and by row the customers in the reference and in the current run."""

    rows: Rows
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


def trend_rows(drift_rows: Rows, stamp: Mapping[str, Any]) -> Rows:
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
