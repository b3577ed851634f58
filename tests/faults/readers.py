"""What readers see under an output, checked to be one complete run."""

import json
import os
from pathlib import Path

import duckdb

from segmentation.publish.run import Run
from segmentation.publish.run_state import state_of
from segmentation.publish.seal import verify_files


def seen(root):
    """Id of the run that readers see, by the pointer and by the link, once everything of it has been read; None where they see none."""
    followed, link = read_by_pointer(root), Path(root, "current")
    assert (os.readlink(link) if link.exists() else None) == (f"runs/{followed}" if followed else None)
    return followed


def read_by_pointer(root):
    """The same, by the pointer alone, which may change right after."""
    root = Path(root)
    if not (root / "current.json").exists():
        return None
    pointer = json.loads((root / "current.json").read_text())
    run = root / pointer["path"]
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["run_id"] == pointer["run_id"] == run.name
    assert {name: _rows(run / name) for name in manifest["tables"]} == manifest["tables"]
    assert _rows(root / pointer["orders"]) > 0
    assert (run / "report.html").read_text().rstrip().endswith("</html>")
    assert verify_files(Run(str(root), run.name)) == []
    return run.name


def _rows(table):
    return duckdb.sql(f"SELECT count(*) FROM '{table}/*.parquet'").fetchall()[0][0]


def states(root):
    """The state of each run that has a folder or a lease."""
    root = Path(root)
    names = {path.stem for place in ("runs", "orders", "leases") for path in (root / place).glob("*")}
    return {name: state_of(Run(str(root), name)) for name in names}


def differences(root, other):
    """Of what two outputs publish, the tables that count lines and customers and do not hold the same rows, each as often."""
    tables = ("accounting", "rejected_lines", "customer_features", "unsegmented_customers")
    pairs = {name: (f"{root}/current/{name}", f"{other}/current/{name}") for name in tables}
    pairs["orders"] = tuple(f"{place}/{json.loads(Path(place, 'current.json').read_text())['orders']}" for place in (root, other))
    return [name for name, (one, two) in pairs.items() if not same(one, two)]


def same(one, other):
    """Whether two tables hold the same rows, each as often."""
    return not any(
        duckdb.sql(f"FROM '{a}/*.parquet' EXCEPT ALL FROM '{b}/*.parquet' LIMIT 1").fetchall() for a, b in ((one, other), (other, one))
    )
