"""`segmentation monitor`."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from segmentation import storage
from segmentation.analyses.monitoring.decision import Alert, MonitoringVerdict
from segmentation.cli.app import OptionalConfig, Overrides, Root, RunId, app, console, output_root, plain_errors, start_spark
from segmentation.cli.terminal import cell, say
from segmentation.errors import AuditFailedError
from segmentation.progress import RunLog
from segmentation.settings import load_settings

_MAX_ROWS = 12
"""Rows of drift shown; all are in the JSON file."""


@app.command()
def monitor(
    config: OptionalConfig = None,
    output: Root = None,
    run: RunId = None,
    json_file: Annotated[str | None, typer.Option("--json", help="Also write all findings to this file.", metavar="FILE")] = None,
    set: Overrides = None,
) -> None:
    """Compare a run with earlier ones, and say whether to keep scoring, refit, or stop and look (exit code 4)."""
    with plain_errors():
        # Checked before Java starts, which takes seconds.
        from segmentation.monitor_run import load_run_settings, monitor_run, run_to_monitor  # noqa: PLC0415

        given = load_settings(config, set or (), {"output.path": output}) if config else None
        resolved = run_to_monitor(given.output.path if given else output_root(None, output), run)
        report = monitor_run(start_spark(None), given or load_run_settings(resolved), resolved, RunLog(console))
        decision = report.decision
        if json_file:
            content = {"run_id": resolved.run_id, "as_of": report.as_of, **report.facts, "drift": report.drift}
            storage.write_text(json_file, json.dumps(content, indent=2, default=str) + "\n")
        _show_drift(report.drift)
        _show_alerts(decision.alerts)
        references = ", ".join(f"{name} {run_id}" for name, run_id in report.facts["references"].items())
        say(f"run {resolved.run_id}, as of {report.as_of}, against {references or 'no other run: only the days of the log are checked'}")
        verdict = decision.verdict
        if verdict is MonitoringVerdict.STOP:
            raise AuditFailedError(f"{verdict}: {'; '.join(alert.kind for alert in decision.alerts if alert.verdict is verdict)}")
        say(verdict)


def _show_drift(rows: Sequence[dict[str, Any]]) -> None:
    """Features that have shifted over all customers, the largest shift first."""
    shifted = sorted((row for row in rows if row["segment_id"] is None and row["verdict"] != "stable"), key=lambda row: -row["psi"])
    if not shifted:
        return
    table = Table(title="moved", box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("feature", "against", "PSI", "by chance", "median then", "now", ""):
        table.add_column(head, justify="left" if head in ("feature", "against", "") else "right", no_wrap=True)
    for row in shifted[:_MAX_ROWS]:
        medians = (_number(row[name]) for name in ("p50_reference", "p50_current"))
        figures = (f"{row['psi']:.2f}", f"{row['psi_null_p999']:.3f}", *medians)
        table.add_row(*map(cell, (row["feature"], row["reference"], *figures, row["verdict"])))
    Console().print(table)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.4g}"


def _show_alerts(alerts: Sequence[Alert]) -> None:
    for alert in alerts:
        say(f"{alert.verdict}: {alert.kind}{' (the model was fitted since)' if alert.is_known else ''}")
        say(f"  {alert.evidence}\n  beyond {alert.threshold}\n  since {alert.reason}")
