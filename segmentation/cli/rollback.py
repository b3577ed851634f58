"""`segmentation rollback`."""

from datetime import UTC, datetime

from segmentation import run_management
from segmentation.cli.app import OptionalConfig, Reason, Root, app, output_root, plain_errors
from segmentation.cli.publish import report_switch


@app.command()
def rollback(reason: Reason, config: OptionalConfig = None, output: Root = None) -> None:
    """Publish again the run that was published before the current one."""
    with plain_errors():
        root = output_root(config, output)
        report_switch(root, run_management.roll_back(root, reason, datetime.now(UTC)))
