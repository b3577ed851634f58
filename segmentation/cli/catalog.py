"""`segmentation catalog`."""

import typer

from segmentation.analyses.registry import all_tables
from segmentation.cli.app import Config, Overrides, app, plain_errors, start_spark
from segmentation.errors import SettingsError
from segmentation.publish.catalog import check_catalog, refresh_views
from segmentation.settings import load_settings


@app.command()
def catalog(config: Config, set: Overrides = None) -> None:
    """Refresh the views of publish.catalog on the published run, as every run does itself."""
    with plain_errors():
        settings = load_settings(config, set or ())
        if settings.publish.catalog is None:
            raise SettingsError("publish.catalog is not set: name the schema that views are to be in")
        spark = start_spark(None)
        check_catalog(spark, settings.publish.catalog, settings.publish.format)
        views = refresh_views(spark, settings.output.path, settings.publish.catalog, all_tables())
        typer.echo(f"{settings.publish.catalog}: {views} views follow the published run" if views else "no run is published yet")
