"""A run holds as long as every file is as it was sealed, and each that is not is named."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from segmentation import storage
from segmentation.errors import IntegrityError
from segmentation.publish.claims import claims
from segmentation.publish.integrity import checked_model, files_of, integrity_faults, is_sealed, sealed, sealed_manifest
from segmentation.publish.run import begin, publish


def test_the_manifest_holds_size_and_sum_of_every_file_hidden_ones_and_orders_too(complete):
    run = complete("r1")
    files = sealed_manifest(run)["files"]
    assert list(files) == [
        "orders/r1/_night/night.json",
        "runs/r1/customer_segments/.part-0.crc",
        "runs/r1/customer_segments/part-0",
        "runs/r1/model/metadata/part-0",
        "runs/r1/report.html",
    ]
    for name, one in files.items():
        content = (Path(run.root) / name).read_bytes()
        assert one == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_the_seal_is_one_that_other_tools_read(complete):
    run = complete("r1")
    subprocess.run(["sha256sum", "--check", "--strict", "manifest.sha256"], cwd=run.path(), check=True, capture_output=True)


def test_a_sealed_run_holds_before_and_after_it_is_published_and_its_claim_is_given_back(complete):
    run = complete("r1")
    assert integrity_faults(run) == []
    publish(run, "2026-01-01")
    assert integrity_faults(run) == []
    assert claims(run.root) == {}


def test_a_run_that_is_not_sealed_is_told(tmp_path):
    run = begin(str(tmp_path), "r1")
    assert not is_sealed(run)
    assert integrity_faults(run) == ["no manifest.sha256: the run was not completed, or was made by a version that did not seal"]
    with pytest.raises(IntegrityError, match=r"no manifest\.sha256"):
        sealed_manifest(run)


def test_files_missing_changed_and_added_are_named_in_one_report(complete):
    run = complete("r1")
    Path(run.path("customer_segments", "part-0")).write_text("longer than it was before by far")
    Path(run.path("report.html")).write_text("report.html of r2")
    Path(run.path("customer_segments", ".part-0.crc")).unlink()
    Path(run.orders, "part-1").write_text("new")
    assert integrity_faults(run) == [
        "runs/r1/customer_segments/.part-0.crc is missing",
        "runs/r1/customer_segments/part-0 was changed: 32 bytes, sealed with 30",
        "runs/r1/report.html was changed: same size, other content",
        "orders/r1/part-1 is not of this run",
    ]


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("manifest.json", '{"as_of": "2026-01-01"}', "manifest.json was changed: its sum is not the one in manifest.sha256"),
        ("manifest.sha256", "", "manifest.json was changed: its sum is not the one in manifest.sha256"),
        ("pointer.json", '{"run_id": "r2"}', "runs/r1/pointer.json was changed"),
    ],
)
def test_a_change_of_manifest_seal_or_pointer_is_told(complete, name, text, fault):
    run = complete("r1")
    publish(run, "2026-01-01")
    Path(run.path(name)).write_text(text)
    assert integrity_faults(run) == [fault]


def test_a_manifest_that_is_gone_is_told(complete):
    run = complete("r1")
    Path(run.path("manifest.json")).unlink()
    assert integrity_faults(run) == ["manifest.json is missing"]


def test_a_run_rewritten_on_purpose_holds_once_it_is_sealed_again(complete):
    run = complete("r1")
    Path(run.path("customer_segments", "part-0")).write_text("one customer fewer")
    Path(run.path("customer_segments", ".part-0.crc")).unlink()
    assert len(integrity_faults(run)) == 2
    manifest = sealed(run, sealed_manifest(run) | {"tables": {"customer_segments": 3}}, files_of(run))
    assert integrity_faults(run) == []
    assert json.loads(Path(run.path("manifest.json")).read_text()) == manifest
    assert manifest["tables"] == {"customer_segments": 3}


@pytest.mark.parametrize("spoil", ["changed", "added", "missing", "manifest", "unsealed"])
def test_no_model_is_loaded_whose_sums_do_not_hold(complete, monkeypatch, spoil):
    run = complete("r1")
    loaded = []
    monkeypatch.setattr(storage, "read_model", lambda path: loaded.append(path) or "the model")
    assert checked_model(run) == "the model"
    part = Path(run.path("model", "metadata", "part-0"))
    {
        "changed": lambda: part.write_text(part.read_text()[::-1]),
        "added": lambda: part.with_name("part-1").write_text("{}"),
        "missing": part.unlink,
        "manifest": lambda: Path(run.path("manifest.json")).write_text("{}"),
        "unsealed": Path(run.path("manifest.sha256")).unlink,
    }[spoil]()
    with pytest.raises(IntegrityError):
        checked_model(run)
    assert loaded == [run.path("model")]


def test_models_are_loaded_by_way_of_their_sums_only():
    package = Path(storage.__file__).parents[1]
    uses = {path.relative_to(package).as_posix() for path in package.rglob("*.py") if "read_model" in path.read_text()}
    assert uses == {"storage/__init__.py", "storage/tables.py", "publish/integrity.py"}
    assert [path for path in package.rglob("*.py") if "PipelineModel.load" in path.read_text()] == [package / "storage" / "tables.py"]
