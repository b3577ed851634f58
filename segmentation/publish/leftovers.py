"""What processes that were killed have left behind, told for certain or not at all."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from segmentation import storage
from segmentation.publish import claims as claiming
from segmentation.publish import comparison as comparing
from segmentation.publish import publications
from segmentation.publish.claims import Claim, claims
from segmentation.publish.comparison import Comparison
from segmentation.publish.integrity import is_sealed
from segmentation.publish.run import MANIFEST, POINTER, SEAL, Run, published

_SWITCHED = ("current", "current.json")


@dataclass(frozen=True)
class Leftover:
    """Something that nobody will finish.

    Parameters
    ----------
    owner
        The run or comparison it was of; None of a file that was being switched to.
    paths
        From the output root, in the order in which they are removed.
    why
        What tells.
    is_certain
        Whether nobody is at work on it, for certain; else it is removed only where it is named.
    """

    owner: str | None
    paths: tuple[str, ...]
    why: str
    is_certain: bool


def leftovers(root: str) -> list[Leftover]:
    """Everything under an output root that is left over, or may be; runs that are complete or held back are not."""
    with storage.locked(root) as alone:
        return _found(root, alone)


def removed(root: str, owner: str | None = None) -> list[Leftover]:
    """Remove what is left over for certain; with an owner, what is of that one, certain or not."""
    with storage.locked(root) as alone:
        mine = [one for one in _found(root, alone) if (one.is_certain if owner is None else one.owner == owner)]
        for path in (path for one in mine for path in one.paths):
            storage.remove(storage.join(root, path))
        return mine


def _found(root: str, alone: bool) -> list[Leftover]:
    # Folders first, then claims, then seals: whatever begins or ends meanwhile is seen to.
    runs, orders, comparisons = storage.names_in(f"{root}/runs"), storage.names_in(f"{root}/orders"), _comparisons(root)
    claimed = claims(root)
    return [
        *(one for claim in claimed.values() if (one := _of_claim(root, claim))),
        *(one for run_id in runs if run_id not in claimed and (one := _of_unclaimed(Run(root, run_id)))),
        *(one for run_id in orders if run_id not in claimed and (one := _of_orders(Run(root, run_id)))),
        *(one for comparison in comparisons if comparison.comparison_id not in claimed and (one := _of_comparison(comparison))),
        *_asides(root, runs, comparisons, alone),
    ]


def _of_claim(root: str, claim: Claim) -> Leftover | None:
    """Of a run or a comparison whose process is gone, or cannot be asked."""
    if claim.is_alive:
        return None
    mine = f"{claiming.FOLDER}/{claim.claim_id}.json"
    comparison = Comparison(Run(root, claim.about), claim.claim_id) if claim.about else None
    folders = [f"{comparing.FOLDER}/{comparison.place}"] if comparison else [f"orders/{claim.claim_id}", f"runs/{claim.claim_id}"]
    is_whole = _is_complete(comparison) if comparison else is_sealed(Run(root, claim.claim_id))
    gone = claim.is_alive is False
    where = "its process is gone" if gone else f"its process ran elsewhere ({claim.process.get('host', 'unknown')})"
    what = "the claim of what is complete" if is_whole else "not complete"
    paths = [*([] if is_whole else [folder for folder in folders if storage.exists(storage.join(root, folder))]), mine]
    return Leftover(claim.claim_id, tuple(paths), f"{what}, and {where}", gone)


def _of_unclaimed(run: Run) -> Leftover | None:
    """A run without seal and claim was not begun by this version; one with a manifest was completed by an earlier one."""
    if is_sealed(run) or published(run.root) == run or storage.exists(run.path(MANIFEST)) or not storage.exists(run.path()):
        return None
    paths = [path for path in (f"orders/{run.run_id}", f"runs/{run.run_id}") if storage.exists(storage.join(run.root, path))]
    return Leftover(run.run_id, tuple(paths), "not complete, and nobody has claimed it", False)


def _of_orders(run: Run) -> Leftover | None:
    if storage.exists(run.path()) or not storage.exists(run.orders):
        return None
    return Leftover(run.run_id, (f"orders/{run.run_id}",), "orders of a run that is not there any more", True)


def _of_comparison(comparison: Comparison) -> Leftover | None:
    if _is_complete(comparison) or not storage.exists(comparison.path()):
        return None
    path = f"{comparing.FOLDER}/{comparison.place}"
    return Leftover(comparison.comparison_id, (path,), "not complete, and nobody has claimed it", False)


def _comparisons(root: str) -> list[Comparison]:
    """Folders two below `comparisons`."""
    above = storage.join(root, comparing.FOLDER)
    runs = [name for name in storage.names_in(above) if name not in _SWITCHED]
    return [Comparison(Run(root, run_id), name) for run_id in runs for name in storage.names_in(storage.join(above, run_id))]


def _is_complete(comparison: Comparison) -> bool:
    return storage.exists(comparison.path(comparing.LAST))


def _asides(root: str, runs: Sequence[str], comparisons: Sequence[Comparison], alone: bool) -> Iterator[Leftover]:
    """Small files not yet in their place. They are written by whoever holds the lock only: seen by another holder, they are left over."""
    places: Mapping[str, tuple[str, ...]] = {
        "": _SWITCHED,
        comparing.FOLDER: _SWITCHED,
        claiming.FOLDER: (),
        publications.FOLDER: (),
        **{f"runs/{run_id}": (POINTER, MANIFEST, SEAL) for run_id in runs if is_sealed(Run(root, run_id))},
        **{f"{comparing.FOLDER}/{comparison.place}": (POINTER,) for comparison in comparisons if _is_complete(comparison)},
    }
    for place, written in places.items():
        names = [name for name in storage.names_in(storage.join(root, place)) if _is_aside(name, written)]
        yield from (Leftover(None, (storage.join(place, name),), "never put in its place", alone) for name in names)


def _is_aside(name: str, written: Sequence[str]) -> bool:
    aside = re.fullmatch(rf"(.+)\.[0-9a-f]{{12}}{re.escape(storage.ASIDE)}", name)
    return aside is not None and (aside[1] in written if written else aside[1].endswith(".json"))
