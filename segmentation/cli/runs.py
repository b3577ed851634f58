"""`segmentation runs`."""

from rich import box
from rich.console import Console
from rich.table import Table

from segmentation import run_management
from segmentation.cli.app import OptionalConfig, Root, app, output_root, plain_errors


@app.command()
def runs(config: OptionalConfig = None, output: Root = None) -> None:
    """List all runs and their state."""
    with plain_errors():
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in ("run", "state", "as of", "customers", "faults"):
            table.add_column(name, justify="right" if name in ("customers", "faults") else "left", no_wrap=True)
        for one in run_management.list_runs(output_root(config, output)):
            customers = "" if one.customers is None else f"{one.customers:,}"
            table.add_row(one.run.run_id, one.state.value, one.as_of or "", customers, str(len(one.faults) or ""))
        Console().print(table)
