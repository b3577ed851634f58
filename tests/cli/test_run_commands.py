"""The commands that manage runs: their effects, output and exit codes."""

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from segmentation.cli.app import app
from segmentation.publish.publications import MANUAL, ROLLBACK, publish_events, publish_if_latest
from segmentation.publish.run import Run, create_run, published_run
from segmentation.publish.seal import load_sealed_manifest, run_checksums, seal_run

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def shop(complete):
    """An output in which r1, then r2 were published, r3 is held back, and r4 is under way."""
    for run_id in ("r1", "r2"):
        run = complete(run_id)
        publish_if_latest(run, "2026-01-01", NOON)
    complete("r3", "customers: 1 after 9")
    create_run(run.root, "r4")
    return run.root


def _output(command, root, *arguments, code=0):
    result = CliRunner().invoke(app, [command, "--output", root, *arguments])
    assert result.exit_code == code, result.output + repr(result.exception)
    assert "Traceback" not in result.output
    return result.output


def _files(root):
    return {str(path): path.read_bytes() for path in Path(root).rglob("*") if path.is_file()}


def test_runs_are_listed_with_what_they_are(shop):
    lines = [re.split(r"\s{2,}", line.strip()) for line in _output("runs", shop).splitlines() if line.strip().startswith("r")]
    assert [line[:2] for line in lines] == [
        ["run", "state"],
        ["r1", "complete"],
        ["r2", "published"],
        ["r3", "audit failed"],
        ["r4", "running"],
    ]


def test_an_unchanged_run_is_verified(shop):
    assert "runs/r2: holds, all 5 files are as they were sealed" in _output("verify", shop)
    assert "runs/r1: holds" in _output("verify", shop, "--run", "r1")


def test_files_that_changed_are_named_and_the_command_ends_with_4(shop):
    Path(shop, "runs", "r1", "report.html").write_text("other")
    Path(shop, "orders", "r1", "_incremental", "state.json").unlink()
    output = _output("verify", shop, "--run", "r1", code=4)
    assert "  - orders/r1/_incremental/state.json is missing\n  - runs/r1/report.html was changed: 5 bytes, sealed with 17" in output


@pytest.mark.parametrize("run", ["nosuch", "../r1", "/etc"])
def test_a_missing_run_is_an_error(shop, run):
    for command in (("verify",), ("publish", "--reason", "x"), ("clean",)):
        assert "error: " in _output(command[0], shop, "--run", run, *command[1:], code=3)


def test_a_real_run_holds_until_a_row_or_a_byte_is_missing(published, tmp_path):
    outcome, root = published
    copy = tmp_path / "copy"
    shutil.copytree(root, copy, symlinks=True)
    assert "holds, all" in _output("verify", str(copy))
    run = Run(str(copy), outcome.run.run_id)
    manifest = load_sealed_manifest(run)
    seal_run(run, manifest | {"tables": manifest["tables"] | {"customer_segments": 7}}, run_checksums(run))
    output = _output("verify", str(copy), code=4)
    assert f"customer_segments: {manifest['tables']['customer_segments']:,} rows, sealed with 7" in output
    seal_run(run, manifest, run_checksums(run))
    part = next(Path(run.path("customer_segments")).glob("part-*.parquet"))
    content = part.read_bytes()
    part.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    assert f"customer_segments/{part.name} was changed: same size, other content" in _output("verify", str(copy), code=4)


def test_a_run_that_failed_its_audit_is_published_manually_with_the_overruled_faults(shop):
    output = _output("publish", shop, "--run", "r3", "--reason", "a shop was sold")
    assert "published: run r3, after r2, by " in output
    assert "overruled: customers: 1 after 9" in output
    assert published_id(shop) == "r3"
    act = publish_events(shop)[-1]
    assert (act.kind, act.run_id, act.from_run_id, act.reason) == (MANUAL, "r3", "r2", "a shop was sold")
    assert act.overruled_faults == ("customers: 1 after 9",)


def published_id(root):
    return json.loads(Path(root, "current.json").read_text())["run_id"]


@pytest.mark.parametrize(
    ("run", "code", "words"),
    [
        ("r2", 3, "is published already"),
        ("r4", 3, "running, not complete"),
        ("r1", 4, "runs/r1/report.html is missing"),
        ("r5", 4, "manifest.json was changed"),
    ],
)
def test_a_run_that_is_not_whole_or_already_published_is_refused(shop, complete, run, code, words):
    Path(shop, "runs", "r1", "report.html").unlink()
    Path(complete("r5").path("manifest.json")).write_text("{}")
    before = _files(shop)
    assert words in _output("publish", shop, "--run", run, "--reason", "x", code=code)
    assert _files(shop) | {f"{shop}/.lock": b""} == before | {f"{shop}/.lock": b""}


def test_a_rollback_goes_back_and_another_one_further_and_then_no_more(shop, complete):
    publish_if_latest(complete("r6"), "2026-01-01", NOON)
    assert "published: run r2, after r6" in _output("rollback", shop, "--reason", "wrong prices")
    assert "published: run r1, after r2" in _output("rollback", shop, "--reason", "older ones too")
    assert "no run was published before run r1" in _output("rollback", shop, "--reason", "x", code=3)
    assert [(act.kind, act.run_id, act.reason) for act in publish_events(shop)[-2:]] == [
        (ROLLBACK, "r2", "wrong prices"),
        (ROLLBACK, "r1", "older ones too"),
    ]
    assert published_run(shop).run_id == "r1"


def test_a_rollback_to_a_run_that_is_gone_or_broken_changes_nothing(shop):
    Path(shop, "runs", "r1", "report.html").unlink()
    assert "changed since it was sealed, and not published" in _output("rollback", shop, "--reason", "x", code=4)
    shutil.rmtree(Path(shop, "runs", "r1"))
    assert "no such run" in _output("rollback", shop, "--reason", "x", code=3)
    assert published_run(shop).run_id == "r2"


def test_a_reason_is_asked_for(shop):
    for arguments in (["publish", "--run", "r3"], ["rollback"]):
        result = CliRunner().invoke(app, [*arguments, "--output", shop])
        assert result.exit_code == 2
        assert "--reason" in result.output
    assert published_run(shop).run_id == "r2"


def test_clean_removes_only_with_the_flag(shop):
    lease_file = Path(shop, "leases", "r4.json")
    assert "nothing is left over" in _output("clean", shop)
    lease = json.loads(lease_file.read_text())
    lease_file.write_text(json.dumps(lease | {"process": lease["process"] | {"started": 1}}))
    before = _files(shop)
    output = _output("clean", shop)
    assert "left over: runs/r4, leases/r4.json (not complete, and its process has ended)" in output
    assert "nothing was removed: that takes --remove" in output
    assert _files(shop) == before
    assert "removed: runs/r4, leases/r4.json" in _output("clean", shop, "--remove")
    assert not Path(shop, "runs", "r4").exists()
    assert {name: content for name, content in before.items() if "r4" not in name} == _files(shop)


def test_an_uncertain_orphan_is_removed_only_by_its_name(shop):
    Path(shop, "runs", "r0").mkdir()
    assert "uncertain: runs/r0 (not complete, and without a lease). Remove it with --run r0 --remove" in _output("clean", shop)
    _output("clean", shop, "--remove")
    assert Path(shop, "runs", "r0").exists()
    assert "left over: runs/r0" in _output("clean", shop, "--run", "r0")
    assert "removed: runs/r0" in _output("clean", shop, "--run", "r0", "--remove")
    assert not Path(shop, "runs", "r0").exists()


@pytest.mark.parametrize(("run", "state"), [("r1", "complete"), ("r2", "published"), ("r3", "audit failed"), ("r4", "running")])
def test_a_run_that_is_no_orphan_is_not_removed_by_its_name(shop, run, state):
    before = _files(shop)
    assert f"nothing of it is left over; it is {state}" in _output("clean", shop, "--run", run, "--remove", code=3)
    assert _files(shop) == before


def test_the_output_is_that_of_the_settings_where_none_is_given(shop, tmp_path):
    config = tmp_path / "conf.yaml"
    columns = "{customer_id: c, ordered_at: t, amount: a}"
    config.write_text(f"input: {{format: csv, path: log.csv, columns: {columns}}}\noutput: {{path: {shop}}}\n")
    assert CliRunner().invoke(app, ["verify", "--config", str(config)]).exit_code == 0
    result = CliRunner().invoke(app, ["verify"])
    assert (result.exit_code, "give --config FILE, or --output PATH" in result.output) == (2, True)
