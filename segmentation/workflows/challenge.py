"""A new model as a challenger: what it would change for customers, and whether it may take the place of the one in use."""

from dataclasses import dataclass
from typing import Any

from segmentation.context import RunContext
from segmentation.monitor.gate import Impact, Standing, gate_faults, impact_of
from segmentation.privacy.moves import movement_told
from segmentation.workflows.movement import Movement
from segmentation.workflows.predecessor import Predecessor
from segmentation.workflows.watching import summary_of
from segmentation.workflows.writing import Tables


@dataclass(frozen=True)
class Challenge:
    """What came of it; empty where no model challenges another.

    Parameters
    ----------
    faults
        Why it may not take the other's place.
    told
        The impact, for manifest and page; what would tell of few customers is None.
    """

    faults: tuple[str, ...] = ()
    told: dict[str, Any] | None = None


UNCHALLENGED = Challenge()


def challenged(context: RunContext, before: Predecessor, movement: Movement, tables: Tables) -> Challenge:
    """Hold a run's own model against the one in use.

    Parameters
    ----------
    context
        The run under way.
    before
        The published run.
    movement
        Who would move.
    tables
        Of the run under way.
    """
    impact = impact_of(Standing.of(summary_of(before.run)), Standing.of(tables.segment_summary), movement.flows)
    faults = [f"{fault} (against run {before.run.run_id})" for fault in gate_faults(impact, context.settings.publish)]
    return Challenge(tuple(faults), _told(impact, context.settings.privacy.smallest_group))


def _told(impact: Impact, smallest_group: int) -> dict[str, Any]:
    counts = movement_told(impact.customers, smallest_group)
    silent = ("share_moved", "revenue_share_moved") if None in counts.values() else ()
    return {**impact.told(), "customers": counts, **dict.fromkeys(silent)}
