"""Old runs and rejected lines are removed, but never the published run or what a rollback would publish."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from oracle.small_root import NEW, OLD, accounting, everyone, made, settings_of

from segmentation.erasure.retention import plan_retention, purge
from segmentation.publish.publications import publish_if_latest
from segmentation.publish.run import Run, published_run
from segmentation.publish.seal import load_sealed_manifest
from segmentation.run_management import roll_back, verify_run

START_OF_NEW = datetime(2026, 2, 1, tzinfo=UTC)
OLDEST = "20251201T000000000000Z"


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    root = tmp_path_factory.mktemp("untouched") / "root"
    made(root, (OLDEST, OLD, NEW))
    return root


@pytest.fixture
def root(untouched, tmp_path):
    return Path(shutil.copytree(untouched, tmp_path / "root", symlinks=True))


def no_session():
    raise AssertionError("Spark is not needed")


def ids(runs):
    return [run.run_id for run in runs]


def test_without_ages_nothing_is_due(root):
    plan = plan_retention(settings_of(root), START_OF_NEW + timedelta(days=9999))
    assert (plan.runs, plan.rejected_lines, plan.retained) == ((), (), ())


def test_a_run_is_due_as_soon_as_it_is_older(root):
    settings = settings_of(root, runs_retention_days=62)
    assert ids(plan_retention(settings, START_OF_NEW).runs) == []
    assert ids(plan_retention(settings, START_OF_NEW + timedelta(seconds=1)).runs) == [OLDEST]


def test_the_published_run_and_the_one_before_it_are_retained_at_any_age(root):
    settings, later = settings_of(root, runs_retention_days=1), START_OF_NEW + timedelta(days=999)
    plan = plan_retention(settings, later)
    assert (ids(plan.runs), ids(plan.retained)) == ([OLDEST], [OLD, NEW])
    purge(plan, no_session, settings, later)
    assert sorted(os.listdir(root / "runs")) == sorted(os.listdir(root / "orders")) == [OLD, NEW]
    assert roll_back(str(root), "a test", later).run_id == OLD


def test_a_run_rolled_back_to_after_the_plan_is_retained(root):
    settings, later = settings_of(root, runs_retention_days=1), START_OF_NEW + timedelta(days=999)
    plan = plan_retention(settings, later)
    roll_back(str(root), "a test", later)
    roll_back(str(root), "a test", later)
    assert published_run(str(root)).run_id == OLDEST
    purge(plan, no_session, settings, later)
    assert (root / "runs" / OLDEST).exists()


def test_a_comparison_and_its_pointer_are_removed_with_the_run(root):
    for number in (3, 4):
        publish_if_latest(_copy(root, NEW, f"2026020{number}T000000000000Z"), "2026-01-05", START_OF_NEW)
    settings, later = settings_of(root, runs_retention_days=1), START_OF_NEW + timedelta(days=999)
    purge(plan_retention(settings, later), no_session, settings, later)
    assert not (root / "comparisons" / NEW).exists()
    assert [name for name in os.listdir(root / "comparisons") if name.startswith("current")] == []


def _copy(root, run_id, other):
    for part in ("runs", "orders"):
        shutil.copytree(root / part / run_id, root / part / other)
    return Run(str(root), other)


def test_only_rejected_lines_are_removed_and_the_accounting_still_counts_them(spark, root):
    settings, later = settings_of(root, rejected_lines_retention_days=30), START_OF_NEW + timedelta(days=31)
    before = accounting(Run(str(root), NEW))
    plan = plan_retention(settings, later)
    assert (ids(plan.runs), ids(plan.rejected_lines)) == ([], [OLDEST, OLD, NEW])
    purge(plan, lambda: spark, settings, later)
    run = published_run(str(root))
    assert run.run_id == f"{NEW}-r1"
    assert verify_run(str(root)).faults == ()
    assert everyone(run.path("rejected_lines")) == set()
    assert load_sealed_manifest(run)["tables"]["rejected_lines"] == 0
    assert everyone(run.path("customer_segments")) == everyone(root / "runs" / f"{OLD}-r1" / "customer_segments")
    assert accounting(run) == before
    assert not Path(run.orders, "_incremental").exists()
    assert plan_retention(settings, later).rejected_lines == ()
