"""Manifests of earlier runs."""

from pathlib import Path

from segmentation.publish.run import create_run, set_current_run
from segmentation.publish.seal import load_sealed_manifest, max_segment_id, published_manifest, run_checksums, seal_run


def test_the_manifest_of_the_published_run_is_none_without_one_that_passes_its_seal(complete):
    run = complete("r1")
    assert published_manifest(run.root) is None
    set_current_run(run, "2026-01-01")
    assert published_manifest(run.root)["run_id"] == "r1"
    Path(run.path("manifest.json")).write_text("{}")
    assert published_manifest(run.root) is None


def test_the_highest_segment_id_is_that_of_all_sealed_runs(complete, tmp_path):
    root = str(tmp_path / "out")
    assert max_segment_id(root) == 0
    for run_id, more in {"r1": {"segments": [{"segment_id": 3}, {"segment_id": 7}]}, "r2": {"identity": {"last_segment_id": 5}}}.items():
        run = complete(run_id)
        seal_run(run, load_sealed_manifest(run) | more, run_checksums(run))
    create_run(root, "r3")
    assert max_segment_id(root) == 7
