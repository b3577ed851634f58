"""`segmentation clean`."""

from typing import Annotated

import typer

from segmentation.cli.app import OptionalConfig, Remove, Root, app, output_root, plain_errors
from segmentation.errors import InputError
from segmentation.publish.orphans import Orphan, find_orphans, remove_orphans
from segmentation.publish.run import Run
from segmentation.publish.run_state import state_of


@app.command()
def clean(
    config: OptionalConfig = None,
    output: Root = None,
    run: Annotated[str | None, typer.Option(help="Only this run or comparison, certain or not.", metavar="ID")] = None,
    remove: Remove = False,
) -> None:
    """List or remove what killed runs have left behind."""
    with plain_errors():
        root = output_root(config, output)
        orphans = [one for one in find_orphans(root) if run is None or one.owner == run]
        if run is not None and not orphans:
            named = Run(root, run)
            raise InputError(f"{named.path()}: nothing of it is left over; it is {state_of(named).value}")
        certain = remove_orphans(root, run) if remove else [one for one in orphans if one.is_certain or run]
        for one in certain:
            typer.echo(f"{'removed' if remove else 'left over'}: {_described(one)}")
        for one in (one for one in orphans if not one.is_certain and run is None):
            typer.echo(f"uncertain: {_described(one)}. {f'Remove it with --run {one.owner} --remove' if one.owner else 'Left alone'}")
        if not orphans:
            typer.echo(f"{root}: nothing is left over")
        elif certain and not remove:
            typer.echo("nothing was removed: that takes --remove")


def _described(orphan: Orphan) -> str:
    return f"{', '.join(orphan.paths)} ({orphan.reason})"
