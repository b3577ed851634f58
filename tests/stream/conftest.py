"""One shop for all streams: its log, and a run published on all of it, which a stream must come to as well."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from segmentation.cli.app import app
from stream.following import streams as streams_in
from stream.shop import Line, days_of_lines, settings_file, write_files


@dataclass(frozen=True)
class Shop:
    """What streams start from.

    Parameters
    ----------
    days
        Lines of each day.
    output
        A published run on all of them, to be copied.
    """

    days: list[list[Line]]
    output: Path


@pytest.fixture(scope="session")
def shop(spark, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stream_shop")
    days = days_of_lines()
    write_files(folder / "log", days, 1)
    config = settings_file(folder, folder / "log", folder / "output")
    result = CliRunner().invoke(app, ["segment", "--config", str(config)])
    assert result.exit_code == 0, result.output
    return Shop(days, folder / "output")


@pytest.fixture
def output(shop, tmp_path):
    """A copy of the output with its published run, for one stream."""
    return Path(shutil.copytree(shop.output, tmp_path / "output", symlinks=True))


@pytest.fixture(scope="session")
def streams(tmp_path_factory):
    """Where a stream that nobody kills takes all there is."""
    with streams_in(tmp_path_factory.mktemp("streams")) as fixture:
        yield fixture
