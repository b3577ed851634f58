"""People are erased from everything under an output root, which a search verifies; the next erasure recovers from interruptions."""

import itertools
import json
import os
import re
import shutil
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from oracle.small_root import ANN, BOB, CAT, DAN, EVE, NEW, OLD, accounting, everyone, made, settings_of, table

from segmentation import storage
from segmentation.erasure import erase as erase_module
from segmentation.erasure.erase import erase, preview_erasure
from segmentation.errors import ErasureError, InputError, IntegrityError, OutputBusyError, SettingsError
from segmentation.publish.publications import publish_events
from segmentation.publish.run import Run, create_run, published_run
from segmentation.publish.seal import load_sealed_manifest, verify_files
from segmentation.run_management import roll_back, verify_run

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ERASED = (ANN, BOB, EVE)
PERSONAL_TABLES = ("customer_features", "customer_segments", "unsegmented_customers", "rejected_lines", "product_recommendations")


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    root = tmp_path_factory.mktemp("untouched") / "root"
    made(root)
    return root


@pytest.fixture
def root(untouched, tmp_path):
    return Path(shutil.copytree(untouched, tmp_path / "root", symlinks=True))


@pytest.fixture
def newest(tmp_path):
    """A root of only one run, where more would make no difference; it takes half as long."""
    made(tmp_path / "root", run_ids=(NEW,))
    return tmp_path / "root"


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """With a byte-order mark, blanks, an id twice, empty lines, and an unknown customer."""
    path = tmp_path_factory.mktemp("list") / "people.txt"
    path.write_text(f"\ufeff{ANN}\n  {BOB} \n{EVE}\n\n \n{ANN}\nnobody-4711\n", encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def done(spark, untouched, listed, tmp_path_factory):
    root = shutil.copytree(untouched, tmp_path_factory.mktemp("done") / "root", symlinks=True)
    return erase(spark, settings_of(root), listed, NOW), Path(root)


def bytes_of(root):
    return {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink()}


def test_people_are_removed_from_all_tables_of_all_runs_and_others_are_not(done):
    _, root = done
    for run_id in (f"{OLD}-r1", f"{NEW}-r1"):
        run = Run(str(root), run_id)
        assert {name: everyone(run.path(name)) for name in PERSONAL_TABLES} | {"orders": everyone(run.orders)} == {
            "customer_features": {CAT},
            "customer_segments": {CAT},
            "unsegmented_customers": {DAN},
            "rejected_lines": set(),
            "product_recommendations": set(),
            "orders": {CAT, DAN},
        }
    assert everyone(root / "comparisons" / "current" / "clusters") == {DAN}


def test_no_byte_below_the_root_holds_an_id_of_theirs(done):
    _, root = done
    everything = b"".join(bytes_of(root).values())
    assert [name for name in (ANN, BOB, EVE, "nobody-4711") if name.encode() in everything] == []
    assert CAT.encode() in everything


def test_readers_see_the_successor_and_nothing_is_left_of_the_old_runs(done):
    _, root = done
    assert sorted(os.listdir(root / "runs")) == sorted(os.listdir(root / "orders")) == [f"{OLD}-r1", f"{NEW}-r1"]
    assert os.listdir(root / "comparisons" / f"{NEW}-r1") == ["20260202T000000000000Z"]
    assert published_run(str(root)).run_id == f"{NEW}-r1"
    assert (root / "current" / "report.html").exists()
    assert json.loads((root / "comparisons" / "current.json").read_text())["run_id"] == f"{NEW}-r1"
    texts = [path.read_text() for path in (root / "runs").rglob("report.html")]
    assert all(re.search(r"run \d+T\d+Z-r1<", text) for text in texts)
    assert all("10.5" not in text and "17850 of all" in text for text in texts)


def test_the_successors_are_sealed_and_their_accounting_adds_up(done):
    _, root = done
    for run_id in (f"{OLD}-r1", f"{NEW}-r1"):
        run = Run(str(root), run_id)
        assert verify_run(str(root), run_id).faults == ()
        assert load_sealed_manifest(run)["rewrites"] == [
            {"from": run_id.removesuffix("-r1"), "at": "2026-03-01T00:00:00+00:00", "reason": "customers erased", "customers": 3}
            | {"rows": load_sealed_manifest(run)["rewrites"][0]["rows"]}
        ]
        assert accounting(run) == {
            ("read", None): (4, 4, 35.0),
            ("rejected", "guest"): (1, 1, 5.0),
            ("accepted", "purchase"): (1, 1, 30.0),
            ("voided", "purchase"): (1, 1, 4.0),
            ("voided", "return"): (1, 1, -4.0),
            ("seen", None): (2, 2, None),
            ("segmented", None): (1, 1, None),
            ("unsegmented", "only_voided_lines"): (1, 1, None),
        }


def test_the_next_run_finds_no_incremental_state_and_single_customers_are_shown_nowhere(done):
    _, root = done
    assert not (root / "orders" / f"{NEW}-r1" / "_incremental").exists()
    assert load_sealed_manifest(Run(str(root), f"{NEW}-r1"))["tables"]["segment_examples"] == 0


def test_the_receipt_has_counts_and_no_ids(done):
    erasure, root = done
    receipt = json.loads(Path(erasure.path).read_text())
    assert receipt == erasure.receipt
    assert (receipt["requested"], receipt["present"]) == (4, 3)
    assert receipt["successors"] == {OLD: f"{OLD}-r1", NEW: f"{NEW}-r1"}
    newer = next(run for run in receipt["runs"] if run["run"] == NEW)
    assert newer["customers"] == 3
    assert newer["rows"] == {
        f"comparisons/{NEW}/20260202T000000000000Z/clusters": 1,
        f"orders/{NEW}": 3,
        f"orders/{NEW}/_incremental/recent_lines": 3,
        f"runs/{NEW}/customer_features": 2,
        f"runs/{NEW}/customer_segments": 2,
        f"runs/{NEW}/product_recommendations": 2,
        f"runs/{NEW}/rejected_lines": 3,
        f"runs/{NEW}/unsegmented_customers": 1,
    }
    assert receipt["verification"]["has_passed"]
    assert receipt["verification"]["n_tables"] == len({path.parent for path in root.rglob("*.parquet") if "current" not in str(path)})
    assert [act.kind for act in publish_events(str(root))] == ["publish", "publish", "rewrite"]


def test_a_rollback_publishes_the_successor_of_the_older_run(done, tmp_path):
    root = shutil.copytree(done[1], tmp_path / "root", symlinks=True)
    assert roll_back(str(root), "a test", NOW).run_id == f"{OLD}-r1"
    assert published_run(str(root)).run_id == f"{OLD}-r1"


def test_a_preview_has_the_same_counts_and_changes_nothing(spark, root, listed, done):
    before = bytes_of(root)
    erasure = preview_erasure(spark, settings_of(root), listed, NOW)
    assert erasure.path is None
    assert erasure.receipt == {name: done[0].receipt[name] for name in erasure.receipt}
    assert bytes_of(root) == before


def test_an_unknown_customer_leaves_all_runs_unchanged(spark, newest, tmp_path):
    (tmp_path / "people.csv").write_text('name,customer_id\n"x","nobody-4711"\n')
    erasure = erase(spark, settings_of(newest), str(tmp_path / "people.csv"), NOW)
    assert (erasure.receipt["requested"], erasure.receipt["present"], erasure.receipt["runs"]) == (1, 0, [])
    assert os.listdir(newest / "runs") == [NEW]


def test_a_short_id_is_distinguished_from_other_numbers_and_products(spark, newest, tmp_path):
    (tmp_path / "people").write_text("17850.0\n")
    erasure = erase(spark, settings_of(newest), str(tmp_path / "people"), NOW)
    assert (erasure.receipt["present"], erasure.receipt["verification"]["has_passed"]) == (1, True)
    lookalikes = {(match["path"].split("/")[-1], match["column"]) for match in erasure.receipt["verification"]["lookalikes"]}
    assert lookalikes == {
        ("product_recommendations", "product_id"),
        ("product_recommendations", "antecedent"),
        ("report.html", ""),
        ("scoring.sql", ""),
        ("comparison.html", ""),
    }


LEFT_FILES = {
    "facts.json": json.dumps({"some": [{EVE: 1}]}),
    "notes.csv": f"who,when\n{ANN},2026\n",
    "page.html": "<p>Eve M&uuml;ller/5</p>",
    "runs/notes.txt": f"see <{ANN}>.",
}


def test_the_search_finds_them_in_any_file_and_the_error_says_where(spark, newest, listed):
    for where, text in LEFT_FILES.items():
        (newest / where).write_text(text)
    with pytest.raises(ErasureError) as raised:
        erase(spark, settings_of(newest), listed, NOW)
    assert [where for where in LEFT_FILES if f"{where}: 1 values" not in str(raised.value)] == []
    assert not any(name in str(raised.value) for name in ERASED)
    receipt = json.loads(next((newest / "erasures").glob("*.json")).read_text())
    matches = sorted(receipt["verification"]["matches"], key=lambda match: match["path"])
    assert matches == [{"path": where, "column": "", "count": 1} for where in LEFT_FILES]


def test_the_search_finds_them_in_any_column_of_any_table(spark, newest, listed):
    table(f"SELECT ['x', '{BOB}'] AS friends, '{ANN}' AS seen, 1 AS n", newest / "extra")
    with pytest.raises(ErasureError, match=r"extra, column friends: 1 values\n.*extra, column seen: 1 values"):
        erase(spark, settings_of(newest), listed, NOW)


UNCHANGED = ("runs/customer_features", "orders", "comparisons/20260202T000000000000Z/clusters", "runs/rejected_lines")


def test_tables_that_are_not_rewritten_fail_the_verification(spark, newest, listed, monkeypatch):
    change = erase_module._change

    def incomplete_change(context, occurrence):
        whole = change(context, occurrence)
        return replace(whole, table=lambda part, rows: None if part in UNCHANGED else whole.table(part, rows))

    monkeypatch.setattr(erase_module, "_change", incomplete_change)
    with pytest.raises(ErasureError) as raised:
        erase(spark, settings_of(newest), listed, NOW)
    receipt = json.loads(next((newest / "erasures").glob("*.json")).read_text())
    paths = [Path(match["path"]).parts for match in receipt["verification"]["matches"]]
    assert [part for part in UNCHANGED if not any({*part.split("/")} <= {*path} for path in paths)] == [], (str(raised.value), paths)


def test_a_damaged_run_is_not_rewritten(spark, root, listed):
    (root / "runs" / OLD / "report.html").write_text("damaged")
    with pytest.raises(IntegrityError, match=r"changed since it was sealed, and not rewritten(.|\n)*report.html was changed"):
        erase(spark, settings_of(root), listed, NOW)
    assert verify_files(Run(str(root), OLD))


def test_nothing_starts_while_a_run_is_under_way(spark, root, listed):
    create_run(str(root), "20260301T000000000000Z")
    with pytest.raises(OutputBusyError, match="under way: 20260301T000000000000Z"):
        erase(spark, settings_of(root), listed, NOW)
    assert sorted(os.listdir(root / "runs"))[:2] == [OLD, NEW]


def test_the_error_about_an_unusable_list_does_not_quote_it(spark, root, tmp_path):
    (tmp_path / "people.csv").write_text(f"{ANN}\n{BOB}\n")
    with pytest.raises(InputError, match="none of 1 columns is called customer_id") as raised:
        erase(spark, settings_of(root), str(tmp_path / "people.csv"), NOW)
    assert ANN not in str(raised.value)
    with pytest.raises(InputError, match="no such file"):
        erase(spark, settings_of(root), str(tmp_path / "none"), NOW)
    (root / "people").write_text(ANN)
    with pytest.raises(SettingsError, match="the list lies below"):
        erase(spark, settings_of(root), str(root / "people"), NOW)


class Killed(BaseException):
    """Not an Exception, so that nothing cleans up after it."""


STEPS = ("write_table", "write_text", "copy_file", "switch_current", "remove")


def kill_at(monkeypatch, step):
    """Let so many writing steps happen, and nothing after; returns the counter of steps."""
    count = itertools.count()

    def dying(function):
        def called(*args, **kwargs):
            if next(count) >= step:
                raise Killed
            return function(*args, **kwargs)

        return called

    for name in STEPS:
        monkeypatch.setattr(storage, name, dying(getattr(storage, name)))
    return count


def end_processes(root):
    """Let all leases be of processes that have ended."""
    for path in (root / "leases").glob("*.json"):
        lease = json.loads(path.read_text())
        path.write_text(json.dumps({**lease, "process": {**lease["process"], "started": 1}}))


def kill_and_repeat(spark, root, listed, step):
    settings = settings_of(root)
    with pytest.MonkeyPatch.context() as patch:
        kill_at(patch, step)
        with pytest.raises(Killed):
            erase(spark, settings, listed, NOW)
    end_processes(root)
    run = published_run(str(root))
    assert verify_files(run) == []
    assert everyone(run.orders) & {ANN, BOB, DAN} in ({ANN, BOB, DAN}, {DAN})
    again = erase(spark, settings, listed, NOW.replace(day=2))
    assert again.receipt["verification"]["has_passed"]
    assert len(os.listdir(root / "runs")) == 2
    assert all(verify_run(str(root), run_id).faults == () for run_id in os.listdir(root / "runs"))
    assert everyone(root / "current" / "customer_segments") == {CAT}
    everything = b"".join(bytes_of(root).values())
    assert [name for name in ERASED if name.encode() in everything] == []


# Of about seventy steps: while the first run is rewritten, and between removals.
@pytest.mark.parametrize("step", [9, 33])
def test_killed_at_any_step_readers_see_complete_runs_and_the_next_erasure_recovers(spark, root, listed, step):
    kill_and_repeat(spark, root, listed, step)


@pytest.mark.exhaustive
def test_killed_at_every_step_the_next_erasure_recovers(spark, untouched, listed, tmp_path):
    root = Path(shutil.copytree(untouched, tmp_path / "counted", symlinks=True))
    with pytest.MonkeyPatch.context() as patch:
        count = kill_at(patch, sys.maxsize)
        erase(spark, settings_of(root), listed, NOW)
    for step in range(next(count) - 1):
        kill_and_repeat(spark, Path(shutil.copytree(untouched, tmp_path / str(step), symlinks=True)), listed, step)
