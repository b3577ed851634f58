"""What manifests of earlier runs say."""

from collections.abc import Mapping
from typing import Any

from segmentation.errors import IntegrityError
from segmentation.publish.rewrite_ids import run_ids
from segmentation.publish.run import Run, published_run
from segmentation.publish.seal import load_sealed_manifest


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
