"""Suppression of small groups in the impact of a refit."""

from collections.abc import Mapping
from typing import Any

from segmentation.privacy.suppression import suppress_together


def suppress_impact(impact: Mapping[str, Any], min_group_size: int) -> dict[str, Any]:
    """The impact without counts of small groups, and then without shares, from which counts follow."""
    customers = suppress_together(impact["customers"], min_group_size)
    shares = ("moved_share", "moved_revenue_share") if None in customers.values() else ()
    return {**impact, "customers": customers, **dict.fromkeys(shares)}
