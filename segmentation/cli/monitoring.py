"""Looking at a run: keep scoring, refit, or stop and look."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from segmentation import storage
from segmentation.cli.shared import Output, Overrides, SettingsFile, app, console, plain_errors, root_of, session_and_libraries
from segmentation.cli.terminal import cell, say
from segmentation.errors import HeldBackError
from segmentation.monitor.causes import Cause, Verdict
from segmentation.progress import RunLog
from segmentation.settings import load_settings

_MOST_SHOWN = 12
"""Rows of drift shown; all are in the JSON file."""


@app.command()
def monitor(
    config: SettingsFile = None,
    output: Output = None,
    run: Annotated[str | None, typer.Option(help="A run's id, instead of the published one.", metavar="ID")] = None,
    json_file: Annotated[str | None, typer.Option("--json", help="Write all that was found here too.", metavar="FILE")] = None,
    set: Overrides = None,
) -> None:
    """Hold a run against the one before and the same season's, and say whether to keep scoring, refit, or stop and look (ends with 4)."""
    with plain_errors():
        # Told before Java starts, which takes seconds.
        from segmentation.workflows.monitor import looked_at, settings_of  # noqa: PLC0415
        from segmentation.workflows.monitor import monitor as run_monitor  # noqa: PLC0415

        given = load_settings(config, set or (), {"output.path": output}) if config else None
        looked = looked_at(given.output.path if given else root_of(None, output), run)
        report = run_monitor(session_and_libraries(None), given or settings_of(looked), looked, RunLog(console))
        found = report.found
        if json_file:
            content = {"run_id": looked.run_id, "as_of": report.as_of, **found.told, "drift": found.drift.rows}
            storage.write_text(json_file, json.dumps(content, indent=2, default=str) + "\n")
        _show_drift(found.drift.rows)
        _show_causes(found.judgement.causes)
        held = (
            ", ".join(f"{name} {run_id}" for name, run_id in found.told["references"].items())
            or "no other run: only the log's days are judged"
        )
        say(f"run {looked.run_id}, as of {report.as_of}, against {held}")
        verdict = found.judgement.verdict
        if verdict is Verdict.STOP:
            raise HeldBackError(f"{verdict}: {'; '.join(c.kind for c in found.judgement.causes if c.verdict is verdict)}")
        say(verdict)


def _show_drift(rows: Sequence[dict[str, Any]]) -> None:
    """What has moved of all customers, the farthest first."""
    moved = sorted((row for row in rows if row["segment_id"] is None and row["verdict"] != "stable"), key=lambda row: -row["psi"])
    if not moved:
        return
    table = Table(title="moved", box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("feature", "against", "PSI", "by chance", "median then", "now", ""):
        table.add_column(head, justify="left" if head in ("feature", "against", "") else "right", no_wrap=True)
    for row in moved[:_MOST_SHOWN]:
        figures = (f"{row['psi']:.2f}", f"{row['psi_by_chance']:.3f}", *(_figure(row[name]) for name in ("p50_then", "p50_now")))
        table.add_row(*map(cell, (row["feature"], row["reference"], *figures, row["verdict"])))
    Console().print(table)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:,.4g}"


def _show_causes(causes: Sequence[Cause]) -> None:
    for cause in causes:
        known = " (the model was fitted since)" if cause.is_known else ""
        say(f"{cause.verdict}: {cause.kind}{known}")
        say(f"  {cause.evidence}\n  beyond {cause.threshold}\n  since {cause.reason}")
