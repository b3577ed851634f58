"""The usual RFM segments beside ours, written and told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from segmentation.context import RunContext
from segmentation.insight.rfm import CutPoints, adjusted_rand, cut_points, rfm_baseline, rfm_counts, rfm_overlap, with_rfm
from segmentation.privacy.crossed import rfm_told
from segmentation.publish.promise import Promise
from segmentation.schemas import RFM_BASELINE, RFM_OVERLAP, RFM_SEGMENT, SEGMENT_ID
from segmentation.workflows.grouping import Grouped
from segmentation.workflows.small_groups import counted


@dataclass(frozen=True)
class Baseline:
    """What the RFM segments of a run are; empty where customers have no purchases.

    Parameters
    ----------
    cuts
        The values between the quintiles of each score.
    agreement
        Adjusted Rand index with our segments.
    segments, overlap
        Rows of rfm_baseline and of rfm_overlap.
    kept_back
        How many values each keeps back, by name.
    """

    cuts: CutPoints = field(default_factory=dict)
    agreement: float = 0.0
    segments: list[dict[str, Any]] = field(default_factory=list)
    overlap: list[dict[str, Any]] = field(default_factory=list)
    kept_back: dict[str, int] = field(default_factory=dict)

    def told(self) -> dict[str, Any] | None:
        """For the manifest."""
        if not self.segments:
            return None
        return {"cut_points": {name: list(cuts) for name, cuts in self.cuts.items()}, "adjusted_rand": self.agreement}

    def promises(self) -> Mapping[str, Promise]:
        """What its tables must be."""
        if not self.segments:
            return {}
        of_few = tuple(RFM_BASELINE.names[1:]) if "rfm_baseline" in self.kept_back else ("revenue_share",)
        uncounted = ("customers",) if "rfm_overlap" in self.kept_back else ()
        return {
            "rfm_baseline": Promise(len(self.segments), (RFM_SEGMENT,), RFM_BASELINE, of_few, _sums(self.segments, self.overlap)),
            "rfm_overlap": Promise(
                len(self.overlap), (SEGMENT_ID, RFM_SEGMENT), RFM_OVERLAP, uncounted, _sums(self.overlap, self.segments)
            ),
        }


def _sums(rows: list[dict[str, Any]], others: list[dict[str, Any]]) -> dict[str, Any]:
    """What the other table's customers add up to; nothing where either keeps some back."""
    is_whole = all(row["customers"] is not None for row in (*rows, *others))
    return {"customers": sum(row["customers"] for row in others)} if is_whole else {}


def write_baseline(context: RunContext, groups: Grouped) -> Baseline:
    """rfm_baseline and rfm_overlap, from two looks at the customers."""
    cuts = cut_points(groups.customers)
    rows = rfm_counts(with_rfm(groups.customers, cuts))
    overlap = rfm_overlap(rows)
    agreement = adjusted_rand({(row[SEGMENT_ID], row[RFM_SEGMENT]): row["customers"] for row in overlap})
    baseline = _told(Baseline(cuts, agreement, rfm_baseline(rows), overlap), context.settings.privacy.smallest_group)
    context.write_rows("rfm_baseline", baseline.segments, RFM_BASELINE)
    context.write_rows("rfm_overlap", baseline.overlap, RFM_OVERLAP)
    return baseline


def _told(exact: Baseline, smallest_group: int) -> Baseline:
    """The same without small groups."""
    if smallest_group == 1:
        return exact
    segments, overlap = rfm_told(exact.segments, exact.overlap, smallest_group)
    back = counted({"rfm_baseline": (exact.segments, segments), "rfm_overlap": (exact.overlap, overlap)})
    # Between two cut points lies a fifth of all customers; of an exact index of agreement, a cell kept back could be worked out.
    customers = sum(row["customers"] for row in exact.segments)
    cuts = exact.cuts if customers >= 5 * smallest_group else {}
    return Baseline(cuts, round(exact.agreement, 2), segments, overlap, back)
