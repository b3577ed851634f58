"""Drift of features run by run, on the page."""

from collections.abc import Iterable
from functools import partial

import pandas as pd

from segmentation.report.charts import Cells, heat_map
from segmentation.report.formats import score
from segmentation.report.labels import feature_labels
from segmentation.report.palette import share_colour
from segmentation.report.report_data import ReportData
from segmentation.report.section import Chart, Figure, Section, Table

_MAX_RUNS, _MAX_FEATURES = 10, 12
_SINCE = {"fit": "the model was fitted", "last": "the run before"}


def drift_section(data: ReportData) -> Section | None:
    """The index by feature and run; None before there are two runs with a reference."""
    psi = psi_by_run(data)
    if psi.shape[1] < 2:
        return None
    limit = float(data.manifest["settings"]["monitor"]["max_psi"])
    cells = Cells(list(psi.index), list(psi.columns), partial(score, places=2), partial(share_colour, largest=limit))
    chart = Chart(heat_map("drift", psi.to_numpy(dtype=float), cells, psi_alt_text(psi)), psi_table(psi))
    caption = (
        f"How far customers have moved in each feature since {_SINCE[shown_reference(data)]}, as the population stability index (PSI), run "
        f"by run: below 0.1 hardly, from {limit} on a major shift. Features in brackets are not used for clustering; their shift needs no "
        "new model."
    )
    return Section("changes", "What changed", "What changed", (Figure(chart, caption),))


def shown_reference(data: ReportData) -> str:
    """The run that fitted the model, or the run before where that is the same or not known."""
    trend = data.table("drift_trend")
    references = set() if trend.empty else set(trend["reference"])
    return next((name for name in _SINCE if name in references), "last")


def psi_by_run(data: ReportData) -> pd.DataFrame:
    """PSI by feature and day: the features that have moved most, and at most ten days, the first and the last among them."""
    trend = data.table("drift_trend")
    if trend.empty:
        return pd.DataFrame()
    rows = trend[trend["reference"] == shown_reference(data)].drop_duplicates(["feature", "as_of"], keep="last")
    psi = rows.pivot(index="feature", columns="as_of", values="psi").sort_index(axis=1)
    runs = sorted({round(step * (psi.shape[1] - 1) / (_MAX_RUNS - 1)) for step in range(_MAX_RUNS)})
    largest = psi.max(axis=1).sort_values(ascending=False, kind="stable").index[:_MAX_FEATURES]
    shown = psi.loc[largest].iloc[:, runs]
    return shown.set_axis(_labels(data, largest)).set_axis([str(day) for day in shown.columns], axis=1)


def _labels(data: ReportData, features: Iterable[str]) -> list[str]:
    """Labels of features; in brackets those that are not used for clustering."""
    labels, used = feature_labels(data), {row["feature"] for row in data.manifest["features"]}
    return [labels.get(name, name) if name in used else f"({labels.get(name, name)})" for name in features]


def psi_table(psi: pd.DataFrame) -> Table:
    """The same figures as text."""
    rows = [(str(name), *(score(value) for value in values)) for name, values in zip(psi.index, psi.to_numpy(), strict=True)]
    return Table("Population stability index by day", ("Feature", *psi.columns), tuple(rows), frozenset({"Feature"}))


def psi_alt_text(psi: pd.DataFrame) -> str:
    """The map, in words: the largest indices of the last run."""
    last = psi.iloc[:, -1].sort_values(ascending=False, kind="stable")
    largest = "; ".join(f"{name} {score(value, 2)}" for name, value in last.dropna().head(3).items())
    return (
        f"Map of the population stability index of {len(psi)} features over {psi.shape[1]} runs. Highest on {psi.columns[-1]}: {largest}."
    )
