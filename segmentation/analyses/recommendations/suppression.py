"""Suppression of small groups in the tables of what segments buy."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from segmentation.analyses.recommendations.segment_recommendations import Affinities
from segmentation.privacy.cell_suppression import is_below_threshold, suppressed_in_grid
from segmentation.privacy.suppression import Row, Rows, with_nulls
from segmentation.schemas import CATEGORY, DESCRIPTION, PRODUCT_ID, SEGMENT_ID

_NEVER_SUPPRESSED = (SEGMENT_ID, PRODUCT_ID, DESCRIPTION, CATEGORY)


def suppress_affinities(exact: Affinities, customers: Mapping[int, int], min_group_size: int) -> Affinities:
    """Affinities and rules without small groups of customers.

    Customers with all products of a rule are no small group (`compute` leaves out such rules), so that those without its consequent can be
    suppressed row by row.
    """
    if min_group_size == 1:
        return exact
    rules = [with_nulls(row, ["customers"]) if is_below_threshold(row["customers"], min_group_size) else row for row in exact.rules]
    products, categories = (suppress_choices(rows, customers, min_group_size) for rows in (exact.products, exact.categories))
    return replace(exact, products=products, categories=categories, rules=rules)


def suppress_choices(rows: Sequence[Row], customers: Mapping[int, int], min_group_size: int) -> Rows:
    """Rows of segment_products or segment_categories without small groups of buyers, or of customers who did not buy.

    A lift reveals the totals of its row and column, so that these count as known. Ranked rows, the most typical ones, are suppressed
    only where no other row will do.

    Each segment must have the same products or categories in the same order.
    """
    if not rows:
        return []
    shape = (len(customers), len(rows) // len(customers))
    buyers = np.array([row["customers"] for row in rows], dtype=np.int64).reshape(shape)
    others = np.array([customers[row[SEGMENT_ID]] for row in rows], dtype=np.int64).reshape(shape) - buyers
    is_ranked = np.array([row["rank"] is not None for row in rows]).reshape(shape)
    suppressed = suppressed_in_grid(buyers, min_group_size, is_below_threshold(others, min_group_size), is_ranked).cells.ravel()
    values = [name for name in rows[0] if name not in _NEVER_SUPPRESSED]
    return [with_nulls(row, values) if cell else dict(row) for row, cell in zip(rows, suppressed, strict=True)]
