"""The commands that look after runs: what they do, what they say, and what they end with."""

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from segmentation import cli
from segmentation.publish.integrity import files_of, sealed, sealed_manifest
from segmentation.publish.publications import BY_HAND, ROLLBACK, acts, publish_in_order
from segmentation.publish.run import Run, begin, published

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def shop(complete):
    """An output in which r1, then r2 were published, r3 is held back, and r4 is under way."""
    for run_id in ("r1", "r2"):
        run = complete(run_id)
        publish_in_order(run, "2026-01-01", NOON)
    complete("r3", "customers: 1 after 9")
    begin(run.root, "r4")
    return run.root


def _said(command, root, *arguments, code=0):
    result = CliRunner().invoke(cli.app, [command, "--output", root, *arguments])
    assert result.exit_code == code, result.output + repr(result.exception)
    assert "Traceback" not in result.output
    return result.output


def _files(root):
    return {str(path): path.read_bytes() for path in Path(root).rglob("*") if path.is_file()}


def test_runs_are_listed_with_what_they_are(shop):
    lines = [re.split(r"\s{2,}", line.strip()) for line in _said("runs", shop).splitlines() if line.strip().startswith("r")]
    assert [line[:2] for line in lines] == [
        ["run", "state"],
        ["r1", "complete"],
        ["r2", "published"],
        ["r3", "held back"],
        ["r4", "under way"],
    ]


def test_a_run_that_holds_is_told_so(shop):
    assert "runs/r2: holds, all 5 files are as they were sealed" in _said("verify", shop)
    assert "runs/r1: holds" in _said("verify", shop, "--run", "r1")


def test_files_that_changed_are_named_and_the_command_ends_with_4(shop):
    Path(shop, "runs", "r1", "report.html").write_text("other")
    Path(shop, "orders", "r1", "_night", "night.json").unlink()
    said = _said("verify", shop, "--run", "r1", code=4)
    assert "  - orders/r1/_night/night.json is missing\n  - runs/r1/report.html was changed: 5 bytes, sealed with 17" in said


@pytest.mark.parametrize("run", ["nosuch", "../r1", "/etc"])
def test_a_run_that_is_not_there_is_told(shop, run):
    for command in (("verify",), ("publish", "--because", "x"), ("clean",)):
        assert "error: " in _said(command[0], shop, "--run", run, *command[1:], code=3)


def test_a_real_run_holds_until_a_row_or_a_byte_is_missing(published, tmp_path):
    outcome, root = published
    copy = tmp_path / "copy"
    shutil.copytree(root, copy, symlinks=True)
    assert "holds, all" in _said("verify", str(copy))
    run = Run(str(copy), outcome.run.run_id)
    manifest = sealed_manifest(run)
    sealed(run, manifest | {"tables": manifest["tables"] | {"customer_segments": 7}}, files_of(run))
    said = _said("verify", str(copy), code=4)
    assert f"customer_segments: {manifest['tables']['customer_segments']:,} rows, sealed with 7" in said
    sealed(run, manifest, files_of(run))
    part = next(Path(run.path("customer_segments")).glob("part-*.parquet"))
    content = part.read_bytes()
    part.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    assert f"customer_segments/{part.name} was changed: same size, other content" in _said("verify", str(copy), code=4)


def test_a_run_held_back_is_published_by_hand_and_says_what_was_overruled(shop):
    said = _said("publish", shop, "--run", "r3", "--because", "a shop was sold")
    assert "published: run r3, after r2, by " in said
    assert "overruled: customers: 1 after 9" in said
    assert published_id(shop) == "r3"
    act = acts(shop)[-1]
    assert (act.act, act.run_id, act.from_run_id, act.because) == (BY_HAND, "r3", "r2", "a shop was sold")
    assert act.overrode == ("customers: 1 after 9",)


def published_id(root):
    return json.loads(Path(root, "current.json").read_text())["run_id"]


@pytest.mark.parametrize(
    ("run", "code", "words"),
    [
        ("r2", 3, "readers follow it already"),
        ("r4", 3, "under way, and not complete"),
        ("r1", 4, "runs/r1/report.html is missing"),
        ("r5", 4, "manifest.json was changed"),
    ],
)
def test_a_run_that_is_not_whole_or_already_published_is_refused(shop, complete, run, code, words):
    Path(shop, "runs", "r1", "report.html").unlink()
    Path(complete("r5").path("manifest.json")).write_text("{}")
    before = _files(shop)
    assert words in _said("publish", shop, "--run", run, "--because", "x", code=code)
    assert _files(shop) | {f"{shop}/.lock": b""} == before | {f"{shop}/.lock": b""}


def test_a_rollback_goes_back_and_another_one_further_and_then_no_more(shop, complete):
    publish_in_order(complete("r6"), "2026-01-01", NOON)
    assert "published: run r2, after r6" in _said("rollback", shop, "--because", "wrong prices")
    assert "published: run r1, after r2" in _said("rollback", shop, "--because", "older ones too")
    assert "none was published before run r1" in _said("rollback", shop, "--because", "x", code=3)
    assert [(act.act, act.run_id, act.because) for act in acts(shop)[-2:]] == [
        (ROLLBACK, "r2", "wrong prices"),
        (ROLLBACK, "r1", "older ones too"),
    ]
    assert published(shop).run_id == "r1"


def test_a_rollback_to_a_run_that_is_gone_or_broken_changes_nothing(shop):
    Path(shop, "runs", "r1", "report.html").unlink()
    assert "not as it was sealed, and not published" in _said("rollback", shop, "--because", "x", code=4)
    shutil.rmtree(Path(shop, "runs", "r1"))
    assert "no such run" in _said("rollback", shop, "--because", "x", code=3)
    assert published(shop).run_id == "r2"


def test_a_reason_is_asked_for(shop):
    for arguments in (["publish", "--run", "r3"], ["rollback"]):
        result = CliRunner().invoke(cli.app, [*arguments, "--output", shop])
        assert result.exit_code == 2
        assert "--because" in result.output
    assert published(shop).run_id == "r2"


def test_cleaning_lists_and_removes_only_where_asked(shop):
    claim = Path(shop, "under_way", "r4.json")
    assert "nothing is left over" in _said("clean", shop)
    told = json.loads(claim.read_text())
    claim.write_text(json.dumps(told | {"process": told["process"] | {"started": 1}}))
    before = _files(shop)
    said = _said("clean", shop)
    assert "left over: runs/r4, under_way/r4.json (not complete, and its process is gone)" in said
    assert "nothing was removed: that takes --remove" in said
    assert _files(shop) == before
    assert "removed: runs/r4, under_way/r4.json" in _said("clean", shop, "--remove")
    assert not Path(shop, "runs", "r4").exists()
    assert {name: content for name, content in before.items() if "r4" not in name} == _files(shop)


def test_what_cannot_be_told_is_removed_where_it_is_named(shop):
    Path(shop, "runs", "r0").mkdir()
    assert "uncertain: runs/r0 (not complete, and nobody has claimed it). Remove it with --run r0 --remove" in _said("clean", shop)
    _said("clean", shop, "--remove")
    assert Path(shop, "runs", "r0").exists()
    assert "left over: runs/r0" in _said("clean", shop, "--run", "r0")
    assert "removed: runs/r0" in _said("clean", shop, "--run", "r0", "--remove")
    assert not Path(shop, "runs", "r0").exists()


@pytest.mark.parametrize(("run", "state"), [("r1", "complete"), ("r2", "published"), ("r3", "held back"), ("r4", "under way")])
def test_a_run_that_is_no_leftover_is_not_removed_by_its_name_either(shop, run, state):
    before = _files(shop)
    assert f"nothing of it is left over; it is {state}" in _said("clean", shop, "--run", run, "--remove", code=3)
    assert _files(shop) == before


def test_the_output_is_that_of_the_settings_where_none_is_given(shop, tmp_path):
    config = tmp_path / "conf.yaml"
    columns = "{customer_id: c, ordered_at: t, amount: a}"
    config.write_text(f"input: {{format: csv, path: log.csv, columns: {columns}}}\noutput: {{path: {shop}}}\n")
    assert CliRunner().invoke(cli.app, ["verify", "--config", str(config)]).exit_code == 0
    result = CliRunner().invoke(cli.app, ["verify"])
    assert (result.exit_code, "give --config FILE, or --output PATH" in result.output) == (2, True)
