"""`segmentation clean` after a fault, held to what it may take."""

import json
from pathlib import Path

from typer.testing import CliRunner

from faults.readers import states
from segmentation import cli
from segmentation.publish.leftovers import leftovers
from segmentation.publish.states import State

_WHOLE = (State.PUBLISHED, State.COMPLETE)


def cleaned(root):
    """Every file that was removed: all of runs that are not whole, claims of processes that are gone, what never came to its place; a
    dry run has taken nothing."""
    whole = {run for run, state in states(root).items() if state in _WHOLE}
    before = files(root)
    assert clean(root) == before
    left = clean(root, "--remove")
    assert left == {file for file in before if not _is_of_no_one(file, whole)}
    assert leftovers(str(root)) == []
    assert {path.name for place in ("runs", "orders") for path in Path(root, place).iterdir()} == whole
    return before - left


def orphaned(root):
    """As if every process that has claimed a run had ended; where that was this one, it lives on."""
    for path in Path(root, "under_way").glob("*.json"):
        claim = json.loads(path.read_text())
        claim["process"]["started"] -= 1
        path.write_text(json.dumps(claim))


def clean(root, *how):
    """The files that are there after the command."""
    result = CliRunner().invoke(cli.app, ["clean", "--output", str(root), *how])
    assert result.exit_code == 0, result.output
    return files(root)


def files(root):
    """Every file and link, by its path from the root."""
    return {str(path.relative_to(root)) for path in Path(root).rglob("*") if path.is_symlink() or not path.is_dir()}


def _is_of_no_one(file, whole):
    place, *rest = file.split("/")
    return place == "under_way" or file.endswith(".tmp") or (place in ("runs", "orders") and rest[0] not in whole)
