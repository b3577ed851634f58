"""One shop for all faults: a run published, the next recorded step by step, and what a full run makes of everything."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from faults.readers import seen
from faults.shop import add_night, settings_file
from faults.steps import Steps
from segmentation.cli.app import app

FIRST_OF_PUBLISHING = "write runs/RUN/report.html.tmp"


@dataclass(frozen=True)
class Shop:
    """Outputs that tests copy and leave as they are.

    Parameters
    ----------
    log, config
        Two nights of lines, and the settings to read the second.
    before, ready, after
        Output with the first night published; with the second written and about to be published; with it published.
    whole
        Output of one run over both nights.
    old, new
        Ids of the two runs.
    steps
        The names of all steps of the second night's run.
    """

    log: Path
    config: Path
    before: Path
    ready: Path
    after: Path
    whole: Path
    old: str = ""
    new: str = ""
    steps: tuple[str, ...] = ()


def segmented(config, output, *more):
    """What `segmentation segment` ends with, in this process and its session."""
    return CliRunner().invoke(app, ["segment", "--config", str(config), "--output", str(output), *more])


def copied(output, to):
    """An output moved as a whole."""
    return Path(shutil.copytree(output, to, symlinks=True))


@pytest.fixture(scope="session")
def shop(spark, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    shop = Shop(folder / "log", *(folder / name for name in ("settings.yaml", "before", "ready", "after", "whole")))
    shop.log.mkdir()
    settings_file(folder, shop.log, folder / "nowhere")
    add_night(shop.log, 0)
    assert segmented(shop.config, shop.before).exit_code == 0
    add_night(shop.log, 1)
    steps = _recorded(shop)
    assert segmented(shop.config, shop.whole, "--set", "input.incremental=false").exit_code == 0
    old, new = seen(shop.before), seen(shop.after)
    assert old == seen(shop.ready) != new
    return replace(shop, old=old, new=new, steps=steps)


def _recorded(shop):
    steps = []

    def reached(step):
        if step == FIRST_OF_PUBLISHING:
            copied(shop.after, shop.ready)
        steps.append(step)

    copied(shop.before, shop.after)
    with Steps(shop.after, reached).watched():
        result = segmented(shop.config, shop.after)
    assert result.exit_code == 0, result.output
    return tuple(steps)
