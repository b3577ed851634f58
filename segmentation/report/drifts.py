"""How features have drifted, run by run."""

from collections.abc import Iterable

import pandas as pd

from segmentation.report.findings import Findings
from segmentation.report.formats import score
from segmentation.report.labels import feature_labels
from segmentation.report.tables import Table

_MOST_RUNS, _MOST_FEATURES = 10, 12
_SINCE = {"fit": "the model was fitted", "last": "the run before"}


def reference(findings: Findings) -> str:
    """What drift is shown against: the run that fitted the model, or the run before where that is the same or not known."""
    told = set(findings.drift_trend["reference"]) if not findings.drift_trend.empty else set()
    return next((name for name in _SINCE if name in told), "last")


def since(findings: Findings) -> str:
    """That reference, in words."""
    return _SINCE[reference(findings)]


def limit(findings: Findings) -> float:
    """The PSI from which on a shift is a major one."""
    return float(findings.manifest["settings"]["monitor"]["largest_psi"])


def over_time(findings: Findings) -> pd.DataFrame:
    """PSI by feature and day: the features that have moved most, and at most ten days, the first and the last among them.

    Those that customers are not compared by stand in brackets: their shift asks for no new model.
    """
    rows = findings.drift_trend
    if rows.empty:
        return pd.DataFrame()
    mine = rows[rows["reference"] == reference(findings)].drop_duplicates(["feature", "as_of"], keep="last")
    wide = mine.pivot(index="feature", columns="as_of", values="psi").sort_index(axis=1)
    places = sorted({round(step * (wide.shape[1] - 1) / (_MOST_RUNS - 1)) for step in range(_MOST_RUNS)})
    most = wide.max(axis=1).sort_values(ascending=False, kind="stable").index[:_MOST_FEATURES]
    shown = wide.loc[most].iloc[:, places]
    return shown.set_axis(_labels(findings, most)).set_axis([str(day) for day in shown.columns], axis=1)


def _labels(findings: Findings, features: Iterable[str]) -> list[str]:
    labels, compared = feature_labels(findings), {row["feature"] for row in findings.manifest["features"]}
    told = ((name, labels.get(name, name)) for name in features)
    return [label if name in compared else f"({label})" for name, label in told]


def table(psi: pd.DataFrame) -> Table:
    """The same figures, to read."""
    rows = [(str(name), *(score(value) for value in values)) for name, values in zip(psi.index, psi.to_numpy(), strict=True)]
    return Table("Population stability index by day", ("Feature", *psi.columns), tuple(rows), frozenset({"Feature"}))


def alternative(psi: pd.DataFrame) -> str:
    """The map in words."""
    last = psi.iloc[:, -1].sort_values(ascending=False, kind="stable")
    told = "; ".join(f"{name} {score(value, 2)}" for name, value in last.dropna().head(3).items())
    return f"Map of the population stability index of {len(psi)} features over {psi.shape[1]} runs. Highest on {psi.columns[-1]}: {told}."
