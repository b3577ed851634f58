"""A refit before readers see it: whether it passes the gate, and what it would change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segmentation.monitor.gate import Standing, gate_faults, impact_of
from segmentation.monitor.migration import Flow
from segmentation.privacy.moves import movement_told
from segmentation.settings import Settings

Summary = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Challenge:
    """Why a new model may not take the place of the one in use, if it may not; and the impact, for the manifest."""

    faults: tuple[str, ...]
    told: dict[str, Any]


def challenged(champion: Summary, challenger: Summary, flows: Sequence[Flow], settings: Settings) -> Challenge:
    """Hold a new model against the one in use.

    Parameters
    ----------
    champion, challenger
        Rows of segment_summary of the last published run, and of the one that fitted the new model.
    flows
        Customers from the segments of the first to those of the second.
    settings
        What is allowed, and how small a group may be.
    """
    impact = impact_of(Standing.of(champion), Standing.of(challenger), flows)
    faults = tuple(gate_faults(impact, settings.publish))
    counts = movement_told(impact.customers, settings.privacy.smallest_group)
    few = any(count is None for count in counts.values())
    shares = dict.fromkeys(("share_moved", "revenue_share_moved")) if few else {}
    return Challenge(faults, {**impact.told(), "customers": counts, **shares, "passed": not faults})
