"""Quality of all segments together: mean silhouette and minimum stability."""

from collections.abc import Mapping, Sequence
from typing import Any


def mean_silhouette(summary: Sequence[Mapping[str, Any]]) -> float | None:
    """Mean over all customers, from rows of segment_summary; None where a segment's is not known."""
    if not summary or any(row["silhouette"] is None for row in summary):
        return None
    return float(sum(row["silhouette"] * row["customers"] for row in summary) / sum(row["customers"] for row in summary))


def min_stability(summary: Sequence[Mapping[str, Any]]) -> float | None:
    """Stability of the least stable segment, from rows of segment_summary; None where none is known."""
    return min((row["stability"] for row in summary if row["stability"] is not None), default=None)
