"""Runs and rejected lines go when they are old enough, but never those that readers follow or would go back to."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from oracle.small_root import NEW, OLD, accounting, everyone, made, settings_of

from segmentation.publish.integrity import sealed_manifest
from segmentation.publish.publications import publish_in_order
from segmentation.publish.run import Run, published
from segmentation.workflows.keeping import roll_back, verify
from segmentation.workflows.purge import due, purge

NIGHT_OF_NEW = datetime(2026, 2, 1, tzinfo=UTC)
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
    plan = due(settings_of(root), NIGHT_OF_NEW + timedelta(days=9999))
    assert (plan.runs, plan.rejected_lines, plan.spared) == ((), (), ())


def test_a_run_is_due_the_moment_it_is_older(root):
    settings = settings_of(root, keep_runs_days=62)
    assert ids(due(settings, NIGHT_OF_NEW).runs) == []
    assert ids(due(settings, NIGHT_OF_NEW + timedelta(seconds=1)).runs) == [OLDEST]


def test_however_old_the_published_run_and_the_one_before_it_stay(root):
    settings, later = settings_of(root, keep_runs_days=1), NIGHT_OF_NEW + timedelta(days=999)
    plan = due(settings, later)
    assert (ids(plan.runs), ids(plan.spared)) == ([OLDEST], [OLD, NEW])
    purge(plan, no_session, settings, later)
    assert sorted(os.listdir(root / "runs")) == sorted(os.listdir(root / "orders")) == [OLD, NEW]
    assert roll_back(str(root), "a test", later).run_id == OLD


def test_a_run_that_readers_were_led_back_to_meanwhile_stays(root):
    settings, later = settings_of(root, keep_runs_days=1), NIGHT_OF_NEW + timedelta(days=999)
    plan = due(settings, later)
    roll_back(str(root), "a test", later)
    roll_back(str(root), "a test", later)
    assert published(str(root)).run_id == OLDEST
    purge(plan, no_session, settings, later)
    assert (root / "runs" / OLDEST).exists()


def test_a_comparison_goes_with_its_run_and_so_does_its_pointer(root):
    for number in (3, 4):
        publish_in_order(_copy(root, NEW, f"2026020{number}T000000000000Z"), "2026-01-05", NIGHT_OF_NEW)
    settings, later = settings_of(root, keep_runs_days=1), NIGHT_OF_NEW + timedelta(days=999)
    purge(due(settings, later), no_session, settings, later)
    assert not (root / "comparisons" / NEW).exists()
    assert [name for name in os.listdir(root / "comparisons") if name.startswith("current")] == []


def _copy(root, run_id, other):
    for part in ("runs", "orders"):
        shutil.copytree(root / part / run_id, root / part / other)
    return Run(str(root), other)


def test_rejected_lines_go_the_others_stay_and_the_accounting_keeps_their_numbers(spark, root):
    settings, later = settings_of(root, keep_rejected_lines_days=30), NIGHT_OF_NEW + timedelta(days=31)
    before = accounting(Run(str(root), NEW))
    plan = due(settings, later)
    assert (ids(plan.runs), ids(plan.rejected_lines)) == ([], [OLDEST, OLD, NEW])
    purge(plan, lambda: spark, settings, later)
    run = published(str(root))
    assert run.run_id == f"{NEW}-r1"
    assert verify(str(root)).faults == ()
    assert everyone(run.path("rejected_lines")) == set()
    assert sealed_manifest(run)["tables"]["rejected_lines"] == 0
    assert everyone(run.path("customer_segments")) == everyone(root / "runs" / f"{OLD}-r1" / "customer_segments")
    assert accounting(run) == before
    assert not Path(run.orders, "_night").exists()
    assert due(settings, later).rejected_lines == ()
