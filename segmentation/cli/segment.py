"""`segmentation segment`."""

from datetime import UTC, datetime

from segmentation.cli.app import AsOf, Config, Input, Output, Overrides, app, console, plain_errors, start_spark
from segmentation.cli.run_summary import input_bytes, show_run
from segmentation.progress import RunLog
from segmentation.settings import load_settings


@app.command()
def segment(config: Config, input: Input = None, output: Output = None, as_of: AsOf = None, set: Overrides = None) -> None:
    """Segment the customers of a transaction log or a customer table, and publish the tables."""
    with plain_errors():
        settings = load_settings(config, set or (), {"input.path": input, "output.path": output, "features.as_of": as_of})
        spark = start_spark(input_bytes(settings))
        # Imported here, since `segmentation settings` does not need scikit-learn and matplotlib, which take seconds.
        from segmentation.pipeline.run import segment as run_segment  # noqa: PLC0415

        show_run(run_segment(spark, settings, datetime.now(UTC), RunLog(console)), settings)
