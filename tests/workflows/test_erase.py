"""People taken out of all there is of two runs, a comparison and what a night leaves; whatever is cut off, the next act makes good."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from segmentation import storage
from segmentation.publish.comparison import Comparison
from segmentation.publish.comparison import publish as publish_comparison
from segmentation.publish.integrity import resealed, sealed_manifest
from segmentation.publish.run import Run
from segmentation.report.withdrawal import BEGINS
from segmentation.workflows.erase import erase

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OLDER = "20251201T000000000000Z"
UNKNOWN = "nobody-4711"


def rows(sql):
    return duckdb.sql(sql).fetchall()


def ids(place):
    return {row[0] for row in rows(f"SELECT DISTINCT customer_id FROM '{place}/*.parquet' WHERE customer_id IS NOT NULL")}


@pytest.fixture(scope="module")
def before(published, tmp_path_factory):
    """A root with a published run that left a handover and was compared, and an older run of the same customers."""
    outcome, source = published
    root = tmp_path_factory.mktemp("before") / "root"
    shutil.copytree(source, root, symlinks=True)
    run = Run(str(root), outcome.run.run_id)
    _with_older_run(run)
    _with_handover(run)
    _with_comparison(run)
    return root, run.run_id


def _with_older_run(run):
    older = Run(run.root, OLDER)
    for part in ("runs", "orders"):
        shutil.copytree(f"{run.root}/{part}/{run.run_id}", f"{run.root}/{part}/{OLDER}")
    Path(older.path("pointer.json")).unlink()
    resealed(older, {**sealed_manifest(run), "run_id": OLDER})


def _with_handover(run):
    """Recent lines as a night keeps them, with an order of everybody's."""
    night = Path(run.orders, "_night", "recent_lines")
    night.mkdir(parents=True)
    duckdb.sql(f"COPY (SELECT customer_id, order_id FROM '{run.orders}/*.parquet') TO '{night}/part-0.parquet'")
    (night.parent / "night.json").write_text("{}")
    resealed(run, sealed_manifest(run))


def _with_comparison(run):
    comparison = Comparison(run, "20260102T000000000000Z")
    clusters = Path(comparison.path("clusters"))
    clusters.mkdir(parents=True)
    duckdb.sql(f"COPY (SELECT customer_id, 1 AS kmeans FROM '{run.path('customer_segments')}/*.parquet') TO '{clusters}/part-0.parquet'")
    storage.write_text(comparison.path("comparison.json"), json.dumps({"run_id": run.run_id}))
    storage.write_text(comparison.path("comparison.html"), f"{BEGINS}a mark each<!-- /single customers --> of run {run.run_id}.")
    publish_comparison(comparison)


@pytest.fixture(scope="module")
def people(before):
    """Some of a segment, somebody in no segment, somebody whose lines were all rejected, and somebody unknown."""
    root, run_id = before
    segmented = [row[0] for row in rows(f"SELECT customer_id FROM '{root}/runs/{run_id}/customer_segments/*.parquet' ORDER BY 1 LIMIT 5")]
    reasons = rows(f"SELECT min(customer_id) FROM '{root}/runs/{run_id}/unsegmented_customers/*.parquet' GROUP BY reason")
    return [*segmented, *(row[0] for row in reasons), UNKNOWN]


@pytest.fixture(scope="module")
def listed(people, tmp_path_factory):
    """The list: with blanks, an id twice, and an empty line."""
    path = tmp_path_factory.mktemp("list") / "people.txt"
    path.write_text("\ufeff" + "\n".join([*people, f"  {people[0]} ", "", " "]) + "\n")
    return str(path)


@pytest.fixture
def root_of(before, tmp_path):
    """A copy to work on, and its published run."""
    root, run_id = before
    shutil.copytree(root, tmp_path / "root", symlinks=True)
    return tmp_path / "root", run_id


@pytest.fixture(scope="module")
def erased(spark, before, listed, settings_for, tmp_path_factory):
    root, run_id = before
    there = tmp_path_factory.mktemp("erased") / "root"
    shutil.copytree(root, there, symlinks=True)
    return erase(spark, settings_for(there), listed, NOW), there, run_id


def test_trial(erased, people):
    done, root, run_id = erased
    print(people, json.dumps(done.receipt, indent=1))
