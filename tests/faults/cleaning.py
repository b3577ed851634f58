"""`segmentation clean` after a fault removes orphans and nothing else."""

import json
from pathlib import Path

from typer.testing import CliRunner

from faults.readers import states
from segmentation.cli.app import app
from segmentation.publish.orphans import find_orphans
from segmentation.publish.run_state import RunState

_WHOLE = (RunState.PUBLISHED, RunState.COMPLETE)


def removed_by_clean(root):
    """All removed files: those of incomplete runs, leases of ended processes, and temporary files. A dry run removes nothing."""
    whole = {run for run, state in states(root).items() if state in _WHOLE}
    before = files(root)
    assert clean(root) == before
    left = clean(root, "--remove")
    assert left == {file for file in before if not _is_orphan(file, whole)}
    assert find_orphans(str(root)) == []
    assert {path.name for place in ("runs", "orders") for path in Path(root, place).iterdir()} == whole
    return before - left


def orphan_all(root):
    """Change all leases as if their processes had ended."""
    for path in Path(root, "leases").glob("*.json"):
        lease = json.loads(path.read_text())
        lease["process"]["started"] -= 1
        path.write_text(json.dumps(lease))


def clean(root, *how):
    """Run the command; returns the files that are left."""
    result = CliRunner().invoke(app, ["clean", "--output", str(root), *how])
    assert result.exit_code == 0, result.output
    return files(root)


def files(root):
    """Every file and link, by its path from the root."""
    return {str(path.relative_to(root)) for path in Path(root).rglob("*") if path.is_symlink() or not path.is_dir()}


def _is_orphan(file, whole):
    place, *rest = file.split("/")
    return place == "leases" or file.endswith(".tmp") or (place in ("runs", "orders") and rest[0] not in whole)
