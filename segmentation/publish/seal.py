"""Checksums of a run's files, in its manifest, and the seal, which is the manifest's own checksum.

A run is complete when it is sealed. The seal is `manifest.sha256`, as `sha256sum -c` reads it, and is written last, since the manifest
cannot hold its own checksum. Checksums detect accidental changes; anybody who may write to the folder can seal it again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pyspark.ml import PipelineModel

from segmentation import storage
from segmentation.errors import IntegrityError
from segmentation.publish.leases import release_lease
from segmentation.publish.run import MANIFEST, POINTER, SEAL, Run, published_run, run_ids, run_pointer
from segmentation.storage import FileChecksum

_NOT_IN_MANIFEST = (MANIFEST, SEAL, POINTER)
"""Written once the checksums are known: the seal has the manifest's, and the pointer follows from the manifest."""
_REMEDY = "`segmentation runs` lists all runs; `segmentation segment` makes a new one"


def run_checksums(run: Run) -> dict[str, FileChecksum]:
    """Checksums of all files of a run and its orders, by path from the output root; without manifest, seal and pointer."""
    own = {f"runs/{run.run_id}/{name}": file for name, file in storage.file_checksums(run.path()).items() if name not in _NOT_IN_MANIFEST}
    return own | {f"orders/{run.run_id}/{name}": file for name, file in storage.file_checksums(run.orders).items()}


def seal_run(run: Run, manifest: Mapping[str, Any], files: Mapping[str, FileChecksum]) -> dict[str, Any]:
    """Write manifest and seal, which completes the run, and release its lease.

    All other files of the run are written; `manifest` comes without `files`. Returns the manifest as written.
    """
    complete = {**manifest, "files": {name: asdict(files[name]) for name in sorted(files)}}
    text = json.dumps(complete, indent=2, default=str) + "\n"
    storage.write_text(run.path(MANIFEST), text)
    storage.write_text(run.path(SEAL), f"{storage.text_sha256(text)}  {MANIFEST}\n")
    release_lease(run.root, run.run_id)
    return complete


def is_sealed(run: Run) -> bool:
    """Whether a run was completed; its files may have changed since."""
    return storage.exists(run.path(SEAL))


def load_sealed_manifest(run: Run) -> dict[str, Any]:
    """Read the manifest of a completed run, checked against its seal.

    Raises IntegrityError where there is no seal, or the manifest was changed since.
    """
    if fault := _seal_fault(run):
        raise IntegrityError(f"{run.path()}: {fault}. {_REMEDY}")
    manifest: dict[str, Any] = json.loads(storage.read_text(run.path(MANIFEST)))
    return manifest


def verify_files(run: Run) -> list[str]:
    """Faults of a run's files, compared with its seal: missing, changed or foreign files; empty where all are intact."""
    if fault := _seal_fault(run):
        return [fault]
    manifest = load_sealed_manifest(run)
    return [*_differences(_sealed_checksums(manifest), run_checksums(run)), *_pointer_fault(run, manifest)]


def copy_verified(run: Run, parts: Sequence[str], folder: str) -> None:
    """Copy files and folders of a run to a local folder, and verify the copies' checksums.

    Raises IntegrityError where they are not as sealed, or the run was not completed.
    """
    prefix = f"runs/{run.run_id}/"
    sealed = _sealed_checksums(load_sealed_manifest(run), tuple(prefix + part for part in parts))
    for name in (name.removeprefix(prefix) for name in sealed):
        if storage.exists(run.path(name)):
            storage.download_file(run.path(name), storage.join(folder, name))
    _raise_if_changed(run.path(), sealed, {prefix + name: file for name, file in storage.file_checksums(folder).items()})


def load_verified_model(run: Run) -> PipelineModel:
    """Load the model of a run after verifying its files: a saved model names classes that loading it runs.

    Raises IntegrityError where they are not as sealed, or the run was not completed.
    """
    verify_model(run)
    return storage.read_model(run.path("model"))


def verify_model(run: Run) -> None:
    """Verify the files of a run's model.

    Raises IntegrityError where they are not as sealed, or the run was not completed.
    """
    prefix = f"runs/{run.run_id}/model/"
    present = {prefix + name: file for name, file in storage.file_checksums(run.path("model")).items()}
    _raise_if_changed(run.path("model"), _sealed_checksums(load_sealed_manifest(run), (prefix,)), present)


def _seal_fault(run: Run) -> str | None:
    if not is_sealed(run):
        return f"no {SEAL}: the run was not completed, or was made by a version that did not seal"
    if not storage.exists(run.path(MANIFEST)):
        return f"{MANIFEST} is missing"
    words = storage.read_text(run.path(SEAL)).split()
    is_intact = words[:1] == [storage.text_sha256(storage.read_text(run.path(MANIFEST)))]
    return None if is_intact else f"{MANIFEST} was changed: its checksum is not the one in {SEAL}"


def _raise_if_changed(path: str, sealed: Mapping[str, FileChecksum], present: Mapping[str, FileChecksum]) -> None:
    if faults := _differences(sealed, present):
        raise IntegrityError("\n".join([f"{path}: changed since it was sealed, and not used:", *(f"  - {fault}" for fault in faults)]))


def _sealed_checksums(manifest: Mapping[str, Any], prefixes: tuple[str, ...] = ("",)) -> dict[str, FileChecksum]:
    return {name: FileChecksum(**file) for name, file in manifest["files"].items() if name.startswith(prefixes)}


def _differences(sealed: Mapping[str, FileChecksum], present: Mapping[str, FileChecksum]) -> list[str]:
    missing = [f"{name} is missing" for name in sorted(sealed.keys() - present.keys())]
    changed = [_change(name, sealed[name], present[name]) for name in sorted(sealed.keys() & present.keys())]
    foreign = [f"{name} does not belong to this run" for name in sorted(present.keys() - sealed.keys())]
    return [*missing, *filter(None, changed), *foreign]


def _change(name: str, sealed: FileChecksum, present: FileChecksum) -> str | None:
    if sealed.bytes != present.bytes:
        return f"{name} was changed: {present.bytes:,} bytes, sealed with {sealed.bytes:,}"
    return None if sealed == present else f"{name} was changed: same size, other content"


def _pointer_fault(run: Run, manifest: Mapping[str, Any]) -> list[str]:
    """A run that was published has a pointer, which agrees with the manifest."""
    path = run.path(POINTER)
    if not storage.exists(path) or storage.read_text(path) == storage.pointer_json(run_pointer(run, manifest["as_of"])):
        return []
    return [f"runs/{run.run_id}/{POINTER} was changed"]


def published_manifest(root: str) -> dict[str, Any] | None:
    """Manifest of the published run; None where there is none, or where it fails its seal."""
    run = published_run(root)
    return _manifest_or_none(run) if run else None


def max_segment_id(root: str) -> int:
    """The highest segment id that any run has used, published or not; 0 before the first."""
    manifests = filter(None, (_manifest_or_none(Run(root, run_id)) for run_id in run_ids(root)))
    return max(map(_max_segment_id, manifests), default=0)


def _max_segment_id(manifest: Mapping[str, Any]) -> int:
    used = [segment["segment_id"] for segment in manifest.get("segments", ())]
    return int(max([(manifest.get("identity") or {}).get("last_segment_id", 0), *used]))


def _manifest_or_none(run: Run) -> dict[str, Any] | None:
    try:
        return load_sealed_manifest(run)
    except IntegrityError:
        return None
