"""Runs made by hand: whole folders in no time, without Spark."""

import pytest

from segmentation import storage
from segmentation.publish.integrity import files_of, sealed
from segmentation.publish.run import begin

AUDIT = {"passed": True, "faults": []}


@pytest.fixture
def complete(tmp_path):
    """Make a run that is sealed: a table, hidden files and orders of its own, an audit passed unless faults are given."""

    def made(run_id, *faults, root=tmp_path / "out"):
        run = begin(str(root), run_id)
        for name in ("customer_segments/part-0", "customer_segments/.part-0.crc", "model/metadata/part-0", "report.html"):
            storage.make_folder(run.path(name).rpartition("/")[0])
            storage.write_text(run.path(name), f"{name} of {run_id}")
        storage.make_folder(f"{run.orders}/_night")
        storage.write_text(f"{run.orders}/_night/night.json", f"night of {run_id}")
        manifest = {"run_id": run_id, "as_of": "2026-01-01", "tables": {}, "audit": {"passed": not faults, "faults": list(faults)}}
        sealed(run, manifest, files_of(run))
        return run

    return made
