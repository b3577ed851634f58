"""People taken out of all there is, and proved gone; whatever is cut off, the next act makes good."""

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
from segmentation.errors import EnvironmentFault, ErasureError, InputError, IntegrityError, SettingsError
from segmentation.publish.integrity import integrity_faults, sealed_manifest
from segmentation.publish.publications import acts
from segmentation.publish.run import Run, begin, published
from segmentation.workflows import erase as erasing
from segmentation.workflows.erase import erase, rehearse
from segmentation.workflows.keeping import roll_back, verify

NOW = datetime(2026, 3, 1, tzinfo=UTC)
GONE = (ANN, BOB, EVE)
PER_PERSON = ("customer_features", "customer_segments", "unsegmented_customers", "rejected_lines", "next_products")


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
    """A root of one run alone, for what is the same with several, and takes half as long."""
    made(tmp_path / "root", run_ids=(NEW,))
    return tmp_path / "root"


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """With a byte-order mark, blanks, an id twice, empty lines, and somebody unknown."""
    path = tmp_path_factory.mktemp("list") / "people.txt"
    path.write_text(f"\ufeff{ANN}\n  {BOB} \n{EVE}\n\n \n{ANN}\nnobody-4711\n", encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def done(spark, untouched, listed, tmp_path_factory):
    root = shutil.copytree(untouched, tmp_path_factory.mktemp("done") / "root", symlinks=True)
    return erase(spark, settings_of(root), listed, NOW), Path(root)


def bytes_of(root):
    return {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink()}


def test_people_are_out_of_every_table_of_every_run_and_the_others_are_in(done):
    _, root = done
    for run_id in (f"{OLD}-r1", f"{NEW}-r1"):
        run = Run(str(root), run_id)
        found = {name: everyone(run.path(name)) for name in PER_PERSON} | {"orders": everyone(run.orders)}
        left = {CAT}
        assert found == {
            "customer_features": left,
            "customer_segments": left,
            "unsegmented_customers": {DAN},
            "rejected_lines": set(),
            "next_products": set(),
            "orders": {CAT, DAN},
        }
    assert everyone(root / "comparisons" / "current" / "clusters") == {DAN}


def test_no_byte_below_the_root_holds_an_id_of_theirs(done):
    _, root = done
    everything = b"".join(bytes_of(root).values())
    assert [name for name in (ANN, BOB, EVE, "nobody-4711") if name.encode() in everything] == []
    assert CAT.encode() in everything


def test_readers_follow_the_successor_and_nothing_is_left_of_the_old_runs(done):
    _, root = done
    assert sorted(os.listdir(root / "runs")) == sorted(os.listdir(root / "orders")) == [f"{OLD}-r1", f"{NEW}-r1"]
    assert os.listdir(root / "comparisons" / f"{NEW}-r1") == ["20260202T000000000000Z"]
    assert published(str(root)).run_id == f"{NEW}-r1"
    assert (root / "current" / "report.html").exists()
    assert json.loads((root / "comparisons" / "current.json").read_text())["run_id"] == f"{NEW}-r1"
    texts = [path.read_text() for path in (root / "runs").rglob("report.html")]
    assert all(re.search(r"run \d+T\d+Z-r1<", text) for text in texts)
    assert all("10.5" not in text and "17850 of all" in text for text in texts)


def test_the_runs_are_sealed_and_verified_with_an_accounting_that_adds_up(done):
    _, root = done
    for run_id in (f"{OLD}-r1", f"{NEW}-r1"):
        run = Run(str(root), run_id)
        assert verify(str(root), run_id).faults == ()
        assert sealed_manifest(run)["rewritten"] == [
            {"from": run_id.removesuffix("-r1"), "at": "2026-03-01T00:00:00+00:00", "because": "customers erased", "customers": 3}
            | {"rows": sealed_manifest(run)["rewritten"][0]["rows"]}
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


def test_the_next_night_finds_no_handover_and_single_customers_are_shown_nowhere(done):
    _, root = done
    assert not (root / "orders" / f"{NEW}-r1" / "_night").exists()
    assert sealed_manifest(Run(str(root), f"{NEW}-r1"))["tables"]["segment_examples"] == 0


def test_the_receipt_tells_numbers_and_no_ids(done):
    erasure, root = done
    receipt = json.loads(Path(erasure.path).read_text())
    assert receipt == erasure.receipt
    assert (receipt["asked_for"], receipt["found"]) == (4, 3)
    assert receipt["became"] == {OLD: f"{OLD}-r1", NEW: f"{NEW}-r1"}
    newer = next(run for run in receipt["runs"] if run["run"] == NEW)
    assert newer["customers"] == 3
    assert newer["rows"] == {
        f"comparisons/{NEW}/20260202T000000000000Z/clusters": 1,
        f"orders/{NEW}": 3,
        f"orders/{NEW}/_night/recent_lines": 3,
        f"runs/{NEW}/customer_features": 2,
        f"runs/{NEW}/customer_segments": 2,
        f"runs/{NEW}/next_products": 2,
        f"runs/{NEW}/rejected_lines": 3,
        f"runs/{NEW}/unsegmented_customers": 1,
    }
    assert receipt["proof"]["holds"]
    assert receipt["proof"]["tables"] == len({path.parent for path in root.rglob("*.parquet") if "current" not in str(path)})
    assert [act.act for act in acts(str(root))] == ["publish", "publish", "rewrite"]


def test_going_back_finds_the_old_run_under_its_new_id(done, tmp_path):
    root = shutil.copytree(done[1], tmp_path / "root", symlinks=True)
    assert roll_back(str(root), "a test", NOW).run_id == f"{OLD}-r1"
    assert published(str(root)).run_id == f"{OLD}-r1"


def test_a_rehearsal_counts_the_same_and_changes_nothing(spark, root, listed, done):
    before = bytes_of(root)
    erasure = rehearse(spark, settings_of(root), listed, NOW)
    assert erasure.path is None
    assert erasure.receipt == {name: done[0].receipt[name] for name in erasure.receipt}
    assert bytes_of(root) == before


def test_nobody_found_leaves_every_run_as_it_is(spark, newest, tmp_path):
    (tmp_path / "people.csv").write_text('name,customer_id\n"x","nobody-4711"\n')
    erasure = erase(spark, settings_of(newest), str(tmp_path / "people.csv"), NOW)
    assert (erasure.receipt["asked_for"], erasure.receipt["found"], erasure.receipt["runs"]) == (1, 0, [])
    assert os.listdir(newest / "runs") == [NEW]


def test_a_short_number_is_found_among_customers_and_told_apart_from_figures_and_products(spark, newest, tmp_path):
    (tmp_path / "people").write_text("17850.0\n")
    erasure = erase(spark, settings_of(newest), str(tmp_path / "people"), NOW)
    assert (erasure.receipt["found"], erasure.receipt["proof"]["holds"]) == (1, True)
    alike = {(hit["place"].split("/")[-1], hit["column"]) for hit in erasure.receipt["proof"]["alike"]}
    assert alike == {
        ("next_products", "product_id"),
        ("next_products", "antecedent"),
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


def test_the_search_finds_them_in_any_file_and_the_act_says_where(spark, newest, listed):
    for where, text in LEFT_FILES.items():
        (newest / where).write_text(text)
    with pytest.raises(ErasureError) as found:
        erase(spark, settings_of(newest), listed, NOW)
    assert [where for where in LEFT_FILES if f"{where}: 1 values" not in str(found.value)] == []
    assert not any(name in str(found.value) for name in GONE)
    receipt = json.loads(next((newest / "erasures").glob("*.json")).read_text())
    places = sorted(receipt["proof"]["found"], key=lambda place: place["place"])
    assert places == [{"place": where, "column": "", "count": 1} for where in LEFT_FILES]


def test_the_search_finds_them_in_any_column_of_any_table(spark, newest, listed):
    table(f"SELECT ['x', '{BOB}'] AS friends, '{ANN}' AS seen, 1 AS n", newest / "extra")
    with pytest.raises(ErasureError, match=r"extra, column friends: 1 values\n.*extra, column seen: 1 values"):
        erase(spark, settings_of(newest), listed, NOW)


LEFT = ("runs/customer_features", "orders", "comparisons/20260202T000000000000Z/clusters", "runs/rejected_lines")


def test_tables_left_as_they_were_fail_the_search(spark, newest, listed, monkeypatch):
    change = erasing._change

    def forgetful(act, sighting):
        whole = change(act, sighting)
        return replace(whole, table=lambda place, rows: None if place in LEFT else whole.table(place, rows))

    monkeypatch.setattr(erasing, "_change", forgetful)
    with pytest.raises(ErasureError) as found:
        erase(spark, settings_of(newest), listed, NOW)
    receipt = json.loads(next((newest / "erasures").glob("*.json")).read_text())
    places = [Path(place["place"]).parts for place in receipt["proof"]["found"]]
    assert [left for left in LEFT if not any({*left.split("/")} <= {*parts} for parts in places)] == [], (str(found.value), places)


def test_a_damaged_run_is_not_sealed_anew(spark, root, listed):
    (root / "runs" / OLD / "report.html").write_text("damaged")
    with pytest.raises(IntegrityError, match=r"not as it was sealed, and left alone(.|\n)*report.html was changed"):
        erase(spark, settings_of(root), listed, NOW)
    assert integrity_faults(Run(str(root), OLD))


def test_while_a_run_is_under_way_nothing_begins(spark, root, listed):
    begin(str(root), "20260301T000000000000Z")
    with pytest.raises(EnvironmentFault, match="under way: 20260301T000000000000Z"):
        erase(spark, settings_of(root), listed, NOW)
    assert sorted(os.listdir(root / "runs"))[:2] == [OLD, NEW]


def test_a_list_that_cannot_be_used_is_told_without_what_it_holds(spark, root, tmp_path):
    (tmp_path / "people.csv").write_text(f"{ANN}\n{BOB}\n")
    with pytest.raises(InputError, match="none of 1 columns is called customer_id") as found:
        erase(spark, settings_of(root), str(tmp_path / "people.csv"), NOW)
    assert ANN not in str(found.value)
    with pytest.raises(InputError, match="no such file"):
        erase(spark, settings_of(root), str(tmp_path / "none"), NOW)
    (root / "people").write_text(ANN)
    with pytest.raises(SettingsError, match="the list lies below"):
        erase(spark, settings_of(root), str(root / "people"), NOW)


class Killed(BaseException):
    """What no cleaning up goes by."""


STEPS = ("write_table", "write_text", "copy_file", "switch", "remove")


def until(monkeypatch, step):
    """Let so many writing steps happen, and nothing after; tells how many there were."""
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


def bury(root):
    """Let claims be of processes that are gone."""
    for path in (root / "under_way").glob("*.json"):
        found = json.loads(path.read_text())
        path.write_text(json.dumps({**found, "process": {**found["process"], "started": 1}}))


def killed_and_repeated(spark, root, listed, step):
    settings = settings_of(root)
    with pytest.MonkeyPatch.context() as patch:
        until(patch, step)
        with pytest.raises(Killed):
            erase(spark, settings, listed, NOW)
    bury(root)
    seen = published(str(root))
    assert integrity_faults(seen) == []
    assert everyone(seen.orders) & {ANN, BOB, DAN} in ({ANN, BOB, DAN}, {DAN})
    again = erase(spark, settings, listed, NOW.replace(day=2))
    assert again.receipt["proof"]["holds"]
    assert len(os.listdir(root / "runs")) == 2
    assert all(verify(str(root), run_id).faults == () for run_id in os.listdir(root / "runs"))
    assert everyone(root / "current" / "customer_segments") == {CAT}
    everything = b"".join(bytes_of(root).values())
    assert [name for name in GONE if name.encode() in everything] == []


# Of some seventy steps: half-way through the first run written anew, and between removals.
@pytest.mark.parametrize("step", [9, 33])
def test_killed_after_any_step_readers_see_whole_runs_and_the_next_act_makes_it_good(spark, root, listed, step):
    killed_and_repeated(spark, root, listed, step)


@pytest.mark.exhaustive
def test_killed_after_every_step_the_next_act_makes_it_good(spark, untouched, listed, tmp_path):
    root = Path(shutil.copytree(untouched, tmp_path / "counted", symlinks=True))
    with pytest.MonkeyPatch.context() as patch:
        count = until(patch, sys.maxsize)
        erase(spark, settings_of(root), listed, NOW)
    for step in range(next(count) - 1):
        killed_and_repeated(spark, Path(shutil.copytree(untouched, tmp_path / str(step), symlinks=True)), listed, step)
