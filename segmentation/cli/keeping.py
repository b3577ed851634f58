"""Looking after runs: which there are, whether they hold, which is published, and what is left over.

Only views in a catalog need Spark.
"""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from segmentation.cli.shared import Config, Output, Overrides, SettingsFile, app, plain_errors, root_of, session_and_libraries
from segmentation.errors import InputError, IntegrityError, SettingsError
from segmentation.publish.leftovers import Leftover, leftovers, removed
from segmentation.publish.publications import Act
from segmentation.publish.run import Run
from segmentation.publish.states import state_of
from segmentation.settings import load_settings
from segmentation.workflows import keeping
from segmentation.workflows.catalog import check_catalog, follow

Because = Annotated[str, typer.Option(help="Why; kept with the act.", metavar="TEXT")]


@app.command()
def runs(config: SettingsFile = None, output: Output = None) -> None:
    """List the runs there are, and what each is."""
    with plain_errors():
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name, justify in (("run", "left"), ("state", "left"), ("as of", "left"), ("customers", "right"), ("faults", "right")):
            table.add_column(name, justify="right" if justify == "right" else "left", no_wrap=True)
        for kept in keeping.runs_of(root_of(config, output)):
            customers = "" if kept.customers is None else f"{kept.customers:,}"
            table.add_row(kept.run.run_id, kept.state.value, kept.as_of or "", customers, str(len(kept.faults) or ""))
        Console().print(table)


@app.command()
def verify(
    config: SettingsFile = None,
    output: Output = None,
    run: Annotated[str | None, typer.Option(help="Another run than the published one.", metavar="ID")] = None,
) -> None:
    """Take a run's checksums and row counts anew, and name every file that is not as it was."""
    with plain_errors():
        verdict = keeping.verify(root_of(config, output), run)
        if verdict.faults:
            lines = [f"{verdict.run.path()}: not as it was sealed:", *(f"  - {fault}" for fault in verdict.faults)]
            raise IntegrityError("\n".join(lines))
        typer.echo(f"{verdict.run.path()}: holds, all {verdict.files:,} files are as they were sealed")


@app.command()
def publish(
    run: Annotated[str, typer.Option(help="A complete run, held back or older.", metavar="ID")],
    because: Because,
    config: SettingsFile = None,
    output: Output = None,
) -> None:
    """Point readers at a run by hand, once its files are seen to hold, whatever its audit says."""
    with plain_errors():
        root = root_of(config, output)
        _show_act(root, keeping.publish_run(root, run, because, datetime.now(UTC)))


@app.command()
def rollback(because: Because, config: SettingsFile = None, output: Output = None) -> None:
    """Point readers back at the run that was published before the current one."""
    with plain_errors():
        root = root_of(config, output)
        _show_act(root, keeping.roll_back(root, because, datetime.now(UTC)))


@app.command()
def catalog(config: Config, set: Overrides = None) -> None:
    """Point the views of publish.catalog at the published run, as every run does by itself."""
    with plain_errors():
        settings = load_settings(config, set or ())
        if settings.publish.catalog is None:
            raise SettingsError("publish.catalog is not set: name the schema that views are to be in")
        spark = session_and_libraries(None)
        check_catalog(spark, settings.publish.catalog, settings.publish.format)
        views = follow(spark, settings.output.path, settings.publish.catalog)
        typer.echo(f"{settings.publish.catalog}: {views} views follow the published run" if views else "no run is published yet")


@app.command()
def clean(
    config: SettingsFile = None,
    output: Output = None,
    run: Annotated[str | None, typer.Option(help="Only this run or comparison, certain or not.", metavar="ID")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove it; without, it is only listed.")] = False,
) -> None:
    """List what killed runs have left behind, and remove it where asked."""
    with plain_errors():
        root = root_of(config, output)
        found = [one for one in leftovers(root) if run is None or one.owner == run]
        if run is not None and not found:
            named = Run(root, run)
            raise InputError(f"{named.path()}: nothing of it is left over; it is {state_of(named).value}")
        mine = removed(root, run) if remove else [one for one in found if one.is_certain or run]
        for one in mine:
            typer.echo(f"{'removed' if remove else 'left over'}: {_told(one)}")
        for one in (one for one in found if not one.is_certain and run is None):
            typer.echo(f"uncertain: {_told(one)}. {f'Remove it with --run {one.owner} --remove' if one.owner else 'Left alone'}")
        if not found:
            typer.echo(f"{root}: nothing is left over")
        elif mine and not remove:
            typer.echo("nothing was removed: that takes --remove")


def _show_act(root: str, act: Act) -> None:
    typer.echo(f"published: run {act.run_id}, after {act.from_run_id or 'none'}, by {act.by}")
    for fault in act.overrode:
        typer.echo(f"overruled: {fault}")
    for place in sorted(keeping.catalogs(root, act)):
        follow(session_and_libraries(None), root, place)


def _told(one: Leftover) -> str:
    return f"{', '.join(one.paths)} ({one.why})"
