"""A comparison stands beside the run it is about, and is seen when it is complete."""

import json

import pytest

from segmentation.errors import InputError
from segmentation.publish.comparison import abandon, begin, found_run, publish


@pytest.fixture
def root(tmp_path):
    for run in ("run1", "run2"):
        (tmp_path / "runs" / run).mkdir(parents=True)
        (tmp_path / "runs" / run / "manifest.json").write_text("{}")
    (tmp_path / "runs" / "held_back").mkdir()
    (tmp_path / "current.json").write_text('{"run_id": "run2"}')
    return tmp_path


def test_the_published_run_is_found_or_the_one_named(root):
    assert found_run(str(root), None).run_id == "run2"
    assert found_run(str(root), "run1").run_id == "run1"


def test_where_no_run_is_published_the_message_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match=r"no run is published there\. Run `segmentation segment` first") as fault:
        found_run(str(tmp_path / "nowhere"), None)
    assert fault.value.exit_code == 3


@pytest.mark.parametrize("run", ["nosuch", "held_back"])
def test_a_run_that_was_never_completed_is_not_compared(root, run):
    with pytest.raises(InputError, match=rf"runs/{run}: no completed run"):
        found_run(str(root), run)


def test_readers_see_a_comparison_once_it_is_published_and_the_run_stays_as_it_is(root):
    before = (root / "current.json").read_text()
    comparison = begin(found_run(str(root), None), "then")
    assert not (root / "comparisons" / "current.json").exists()
    publish(comparison)
    pointer = json.loads((root / "comparisons" / "current.json").read_text())
    assert pointer == {"run_id": "run2", "comparison_id": "then", "path": "run2/then"}
    assert (root / "comparisons" / "current").resolve() == root / "comparisons" / "run2" / "then"
    assert (root / "current.json").read_text() == before


def test_one_that_failed_leaves_nothing_and_the_last_one_published(root):
    run = found_run(str(root), None)
    publish(begin(run, "first"))
    second = begin(run, "second")
    abandon(second)
    assert not (root / "comparisons" / "run2" / "second").exists()
    assert json.loads((root / "comparisons" / "current.json").read_text())["comparison_id"] == "first"
