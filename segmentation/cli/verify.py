"""`segmentation verify`."""

import typer

from segmentation import run_management
from segmentation.cli.app import OptionalConfig, Root, RunId, app, output_root, plain_errors
from segmentation.errors import IntegrityError


@app.command()
def verify(config: OptionalConfig = None, output: Root = None, run: RunId = None) -> None:
    """Recompute a run's checksums and row counts, and list every file that has changed."""
    with plain_errors():
        verified = run_management.verify_run(output_root(config, output), run)
        if verified.faults:
            lines = [f"{verified.run.path()}: not as it was sealed:", *(f"  - {fault}" for fault in verified.faults)]
            raise IntegrityError("\n".join(lines))
        typer.echo(f"{verified.run.path()}: holds, all {verified.n_files:,} files are as they were sealed")
