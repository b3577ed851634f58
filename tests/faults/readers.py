"""What a reader finds under an output, held to be one whole run."""

import json
import os
from pathlib import Path

import duckdb


def seen(root):
    """Id of the run that readers see, once everything of it has been read; None where they see none."""
    root = Path(root)
    pointer, link = root / "current.json", root / "current"
    if not pointer.exists():
        assert not link.exists(), "a link without a pointer"
        return None
    told = json.loads(pointer.read_text())
    manifest = json.loads((link / "manifest.json").read_text())
    assert os.readlink(link) == told["path"] == f"runs/{told['run_id']}"
    assert manifest["run_id"] == told["run_id"]
    assert {name: _rows(link / name) for name in manifest["tables"]} == manifest["tables"]
    assert _rows(root / told["orders"]) > 0
    assert (link / "report.html").read_text().rstrip().endswith("</html>")
    assert (link / "model" / "metadata" / "_SUCCESS").exists()
    return told["run_id"]


def _rows(table):
    return duckdb.sql(f"SELECT count(*) FROM '{table}/*.parquet'").fetchall()[0][0]


def differences(root, other):
    """Of what two outputs publish, the tables that count lines and customers and do not hold the same rows, each as often."""
    tables = ("accounting", "rejected_lines", "customer_features", "unsegmented_customers")
    pairs = {name: (f"{root}/current/{name}", f"{other}/current/{name}") for name in tables}
    pairs["orders"] = tuple(f"{place}/{json.loads(Path(place, 'current.json').read_text())['orders']}" for place in (root, other))
    return [name for name, (one, two) in pairs.items() if _is_more(one, two) or _is_more(two, one)]


def _is_more(one, other):
    return bool(duckdb.sql(f"FROM '{one}/*.parquet' EXCEPT ALL FROM '{other}/*.parquet' LIMIT 1").fetchall())


def folders(root):
    """Runs and orders that lie under an output, whoever left them."""
    return {str(path.relative_to(root)) for place in ("runs", "orders") for path in Path(root, place).glob("*")}
