"""Sizes and sums of a run's files, in its manifest; and the seal, the manifest's own sum, beside it.

A run is complete when it is sealed. The seal is `manifest.sha256`, as `sha256sum -c` reads it, and written last of all: the manifest
cannot hold its own sum. Sums tell what has changed by accident; who may write here can seal anew.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pyspark.ml import PipelineModel

from segmentation import storage
from segmentation.errors import IntegrityError
from segmentation.publish.claims import release
from segmentation.publish.run import MANIFEST, POINTER, SEAL, Run, pointer_of
from segmentation.storage import FileSum

_AFTER_THE_SUMS = (MANIFEST, SEAL, POINTER)
"""Written when the sums are known: the seal holds the manifest's, and the pointer follows from the manifest."""


def files_of(run: Run) -> dict[str, FileSum]:
    """Sums of every file of a run and of its orders, hidden ones too, by path from the output root; but for manifest, seal and pointer."""
    found = {f"runs/{run.run_id}/{name}": one for name, one in storage.file_sums(run.path()).items() if name not in _AFTER_THE_SUMS}
    return found | {f"orders/{run.run_id}/{name}": one for name, one in storage.file_sums(run.orders).items()}


def sealed(run: Run, manifest: Mapping[str, Any], files: Mapping[str, FileSum]) -> dict[str, Any]:
    """Write manifest and seal, which completes the run, and give its claim back.

    Parameters
    ----------
    run
        With every other file in place.
    manifest
        All of it but `files`.
    files
        As told by `files_of`.

    Returns
    -------
    dict
        The manifest as written.
    """
    whole = {**manifest, "files": {name: asdict(files[name]) for name in sorted(files)}}
    text = json.dumps(whole, indent=2, default=str) + "\n"
    storage.write_text(run.path(MANIFEST), text)
    storage.write_text(run.path(SEAL), f"{storage.text_sum(text)}  {MANIFEST}\n")
    release(run.root, run.run_id)
    return whole


def is_sealed(run: Run) -> bool:
    """Whether a run was completed; whether it holds is another question."""
    return storage.exists(run.path(SEAL))


def sealed_manifest(run: Run) -> dict[str, Any]:
    """The manifest of a run that was completed, held to its seal.

    Raises
    ------
    IntegrityError
        There is no seal, or the manifest is another than was sealed.
    """
    if fault := _seal_fault(run):
        raise IntegrityError(f"{run.path()}: {fault}. {_REMEDY}")
    found: dict[str, Any] = json.loads(storage.read_text(run.path(MANIFEST)))
    return found


def integrity_faults(run: Run) -> list[str]:
    """What of a run is not as it was sealed: files missing, changed or not its own; nothing, if all holds."""
    if fault := _seal_fault(run):
        return [fault]
    manifest = sealed_manifest(run)
    return [*_differences(_known(manifest), files_of(run)), *_pointer_fault(run, manifest)]


def sealed_copy(run: Run, parts: Sequence[str], folder: str) -> None:
    """Copy files and folders of a run below a folder of this machine, and hold the copies to their sums.

    Raises
    ------
    IntegrityError
        They are not as they were sealed, or the run was not completed.
    """
    place = f"runs/{run.run_id}/"
    of_parts = tuple(place + part for part in parts)
    known = {name: one for name, one in _known(sealed_manifest(run)).items() if name.startswith(of_parts)}
    for name in known:
        if storage.exists(run.path(name.removeprefix(place))):
            storage.fetch_file(run.path(name.removeprefix(place)), storage.join(folder, name.removeprefix(place)))
    _hold(run.path(), known, {place + name: one for name, one in storage.file_sums(folder).items()})


def checked_model(run: Run) -> PipelineModel:
    """The model of a run, once its files' sums are seen to hold: a saved model names classes that loading it starts.

    Raises
    ------
    IntegrityError
        They don't, or the run was not completed.
    """
    check_model(run)
    return storage.read_model(run.path("model"))


def check_model(run: Run) -> None:
    """See that the files of a run's model are as they were sealed.

    Raises
    ------
    IntegrityError
        They are not, or the run was not completed.
    """
    place = f"runs/{run.run_id}/model/"
    known = {name: one for name, one in _known(sealed_manifest(run)).items() if name.startswith(place)}
    _hold(run.path("model"), known, {place + name: one for name, one in storage.file_sums(run.path("model")).items()})


_REMEDY = "`segmentation runs` tells which runs there are; `segmentation segment` makes a new one"


def _seal_fault(run: Run) -> str | None:
    if not is_sealed(run):
        return f"no {SEAL}: the run was not completed, or was made by a version that did not seal"
    if not storage.exists(run.path(MANIFEST)):
        return f"{MANIFEST} is missing"
    words = storage.read_text(run.path(SEAL)).split()
    holds = words[:1] == [storage.text_sum(storage.read_text(run.path(MANIFEST)))]
    return None if holds else f"{MANIFEST} was changed: its sum is not the one in {SEAL}"


def _hold(place: str, known: Mapping[str, FileSum], found: Mapping[str, FileSum]) -> None:
    if faults := _differences(known, found):
        raise IntegrityError("\n".join([f"{place}: not as it was sealed, and not used:", *(f"  - {fault}" for fault in faults)]))


def _known(manifest: Mapping[str, Any]) -> dict[str, FileSum]:
    return {name: FileSum(**one) for name, one in manifest["files"].items()}


def _differences(known: Mapping[str, FileSum], found: Mapping[str, FileSum]) -> list[str]:
    missing = [f"{name} is missing" for name in sorted(known.keys() - found.keys())]
    extra = [f"{name} is not of this run" for name in sorted(found.keys() - known.keys())]
    return [*missing, *filter(None, (_change(name, known[name], found[name]) for name in sorted(known.keys() & found.keys()))), *extra]


def _change(name: str, known: FileSum, found: FileSum) -> str | None:
    if known.bytes != found.bytes:
        return f"{name} was changed: {found.bytes:,} bytes, sealed with {known.bytes:,}"
    return None if known == found else f"{name} was changed: same size, other content"


def _pointer_fault(run: Run, manifest: Mapping[str, Any]) -> list[str]:
    """The pointer is there once a run was published, and says what the manifest does."""
    path = run.path(POINTER)
    if not storage.exists(path) or storage.read_text(path) == storage.pointer_text(pointer_of(run, manifest["as_of"])):
        return []
    return [f"runs/{run.run_id}/{POINTER} was changed"]
