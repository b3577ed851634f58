"""Every file of a run that is not as sealed is named."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from segmentation import storage
from segmentation.errors import IntegrityError
from segmentation.publish.leases import leases_under
from segmentation.publish.run import create_run, set_current_run
from segmentation.publish.seal import is_sealed, load_sealed_manifest, load_verified_model, run_checksums, seal_run, verify_files


def test_the_manifest_has_size_and_checksum_of_every_file(complete):
    run = complete("r1")
    files = load_sealed_manifest(run)["files"]
    assert list(files) == [
        "orders/r1/_incremental/state.json",
        "runs/r1/customer_segments/.part-0.crc",
        "runs/r1/customer_segments/part-0",
        "runs/r1/model/metadata/part-0",
        "runs/r1/report.html",
    ]
    for name, one in files.items():
        content = (Path(run.root) / name).read_bytes()
        assert one == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_sha256sum_reads_the_seal(complete):
    run = complete("r1")
    subprocess.run(["sha256sum", "--check", "--strict", "manifest.sha256"], cwd=run.path(), check=True, capture_output=True)


def test_a_sealed_run_verifies_before_and_after_publication_and_its_lease_is_released(complete):
    run = complete("r1")
    assert verify_files(run) == []
    set_current_run(run, "2026-01-01")
    assert verify_files(run) == []
    assert leases_under(run.root) == {}


def test_a_run_without_a_seal_is_a_fault(tmp_path):
    run = create_run(str(tmp_path), "r1")
    assert not is_sealed(run)
    assert verify_files(run) == ["no manifest.sha256: the run was not completed, or was made by a version that did not seal"]
    with pytest.raises(IntegrityError, match=r"no manifest\.sha256"):
        load_sealed_manifest(run)


def test_missing_changed_and_foreign_files_are_named_in_one_report(complete):
    run = complete("r1")
    Path(run.path("customer_segments", "part-0")).write_text("longer than it was before by far")
    Path(run.path("report.html")).write_text("report.html of r2")
    Path(run.path("customer_segments", ".part-0.crc")).unlink()
    Path(run.orders, "part-1").write_text("new")
    assert verify_files(run) == [
        "runs/r1/customer_segments/.part-0.crc is missing",
        "runs/r1/customer_segments/part-0 was changed: 32 bytes, sealed with 30",
        "runs/r1/report.html was changed: same size, other content",
        "orders/r1/part-1 does not belong to this run",
    ]


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("manifest.json", '{"as_of": "2026-01-01"}', "manifest.json was changed: its checksum is not the one in manifest.sha256"),
        ("manifest.sha256", "", "manifest.json was changed: its checksum is not the one in manifest.sha256"),
        ("pointer.json", '{"run_id": "r2"}', "runs/r1/pointer.json was changed"),
    ],
)
def test_a_changed_manifest_seal_or_pointer_is_a_fault(complete, name, text, fault):
    run = complete("r1")
    set_current_run(run, "2026-01-01")
    Path(run.path(name)).write_text(text)
    assert verify_files(run) == [fault]


def test_a_missing_manifest_is_a_fault(complete):
    run = complete("r1")
    Path(run.path("manifest.json")).unlink()
    assert verify_files(run) == ["manifest.json is missing"]


def test_a_changed_run_verifies_once_it_is_sealed_again(complete):
    run = complete("r1")
    Path(run.path("customer_segments", "part-0")).write_text("one customer fewer")
    Path(run.path("customer_segments", ".part-0.crc")).unlink()
    assert len(verify_files(run)) == 2
    manifest = seal_run(run, load_sealed_manifest(run) | {"tables": {"customer_segments": 3}}, run_checksums(run))
    assert verify_files(run) == []
    assert json.loads(Path(run.path("manifest.json")).read_text()) == manifest
    assert manifest["tables"] == {"customer_segments": 3}


@pytest.mark.parametrize("spoil", ["changed", "added", "missing", "manifest", "unsealed"])
def test_a_model_that_is_not_as_sealed_is_never_loaded(complete, monkeypatch, spoil):
    run = complete("r1")
    loaded = []
    monkeypatch.setattr(storage, "read_model", lambda path: loaded.append(path) or "the model")
    assert load_verified_model(run) == "the model"
    part = Path(run.path("model", "metadata", "part-0"))
    {
        "changed": lambda: part.write_text(part.read_text()[::-1]),
        "added": lambda: part.with_name("part-1").write_text("{}"),
        "missing": part.unlink,
        "manifest": lambda: Path(run.path("manifest.json")).write_text("{}"),
        "unsealed": Path(run.path("manifest.sha256")).unlink,
    }[spoil]()
    with pytest.raises(IntegrityError):
        load_verified_model(run)
    assert loaded == [run.path("model")]


def test_models_are_only_loaded_after_verification():
    package = Path(storage.__file__).parents[1]
    uses = {path.relative_to(package).as_posix() for path in package.rglob("*.py") if "read_model" in path.read_text()}
    assert uses == {"storage/__init__.py", "storage/tables.py", "publish/seal.py"}
    assert [path for path in package.rglob("*.py") if "PipelineModel.load" in path.read_text()] == [package / "storage" / "tables.py"]
