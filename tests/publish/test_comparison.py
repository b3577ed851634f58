"""A comparison stands beside the run it is about, and is seen when it is complete."""

import json
from pathlib import Path

import pytest

from segmentation.publish.claims import claims
from segmentation.publish.comparison import abandon, begin, publish
from segmentation.publish.run import publish as publish_run
from segmentation.publish.states import found_run


@pytest.fixture
def root(complete):
    complete("run1")
    run = complete("run2")
    publish_run(run, "2026-01-01")
    return Path(run.root)


def test_readers_see_a_comparison_once_it_is_published_and_the_run_stays_as_it_is(root):
    before = (root / "current.json").read_text()
    comparison = begin(found_run(str(root)), "then")
    assert not (root / "comparisons" / "current.json").exists()
    assert claims(str(root))["then"].about == "run2"
    publish(comparison)
    pointer = json.loads((root / "comparisons" / "current.json").read_text())
    assert pointer == {"run_id": "run2", "comparison_id": "then", "path": "run2/then"}
    assert (root / "comparisons" / "current").resolve() == root / "comparisons" / "run2" / "then"
    assert (root / "current.json").read_text() == before
    assert claims(str(root)) == {}


def test_one_that_failed_leaves_nothing_and_the_last_one_published(root):
    run = found_run(str(root))
    publish(begin(run, "first"))
    second = begin(run, "second")
    abandon(second)
    assert not (root / "comparisons" / "run2" / "second").exists()
    assert json.loads((root / "comparisons" / "current.json").read_text())["comparison_id"] == "first"
    assert claims(str(root)) == {}


def test_of_two_comparisons_that_begin_in_the_same_microsecond_one_is_refused(root):
    begin(found_run(str(root)), "then")
    with pytest.raises(FileExistsError):
        begin(found_run(str(root), "run1"), "then")
