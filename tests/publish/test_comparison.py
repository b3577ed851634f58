"""A comparison is visible to readers once it is complete, and does not change its run."""

import json
from pathlib import Path

import pytest

from segmentation.publish.comparison import begin_comparison, discard_comparison, publish_comparison
from segmentation.publish.leases import leases_under
from segmentation.publish.run import set_current_run as publish_run
from segmentation.publish.run_state import resolve_run


@pytest.fixture
def root(complete):
    complete("run1")
    run = complete("run2")
    publish_run(run, "2026-01-01")
    return Path(run.root)


def test_readers_see_a_comparison_once_it_is_published_and_the_run_is_not_changed(root):
    before = (root / "current.json").read_text()
    comparison = begin_comparison(resolve_run(str(root)), "then")
    assert not (root / "comparisons" / "current.json").exists()
    assert leases_under(str(root))["then"].about == "run2"
    publish_comparison(comparison)
    pointer = json.loads((root / "comparisons" / "current.json").read_text())
    assert pointer == {"run_id": "run2", "comparison_id": "then", "path": "run2/then"}
    assert (root / "comparisons" / "current").resolve() == root / "comparisons" / "run2" / "then"
    assert (root / "current.json").read_text() == before
    assert leases_under(str(root)) == {}


def test_a_discarded_comparison_leaves_nothing_and_the_last_one_published(root):
    run = resolve_run(str(root))
    publish_comparison(begin_comparison(run, "first"))
    second = begin_comparison(run, "second")
    discard_comparison(second)
    assert not (root / "comparisons" / "run2" / "second").exists()
    assert json.loads((root / "comparisons" / "current.json").read_text())["comparison_id"] == "first"
    assert leases_under(str(root)) == {}


def test_a_second_comparison_begun_in_the_same_microsecond_is_rejected(root):
    begin_comparison(resolve_run(str(root)), "then")
    with pytest.raises(FileExistsError):
        begin_comparison(resolve_run(str(root), "run1"), "then")
