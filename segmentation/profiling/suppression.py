"""Suppression of small groups in the tables segment_summary and segment_profile."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, Protocol

import numpy as np
from pyspark.sql import Row as SparkRow

from segmentation.privacy.cell_suppression import suppressed_in_grid, suppressed_in_line
from segmentation.privacy.suppression import publishable_quantile, reveals_small_group, with_nulls
from segmentation.schemas import CATEGORY_SHARE_PREFIX, MONTH_ORDER_SHARE_PREFIX, SEGMENT_ID, UNITS, Record, Records, missing_flag

_LEVELS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
_NEVER_SUPPRESSED = (SEGMENT_ID, "feature", "unit")
_DECIMALS = {"mean": 2, "index": 0, "hedges_g": 2, "hedges_g_ci_low": 2, "hedges_g_ci_high": 2}


class AttributeFeatureLike(Protocol):
    """A column of customer_features made from an attribute."""

    @property
    def name(self) -> str:
        """Of the column."""

    @property
    def attribute(self) -> str:
        """Of the attribute."""

    @property
    def unit(self) -> str:
        """Of its values."""


@dataclass(frozen=True)
class Support:
    """Customers behind the values of one feature in one segment: those with a value, and those with one that is not 0."""

    customers: int
    nonzero: int


@dataclass(frozen=True)
class FeatureBlock:
    """Features whose values can be derived from each other."""

    features: tuple[str, ...]
    # A mean of shares rests on the customers above 0 alone.
    is_share: bool = False
    # Each customer has exactly one of the features, or has no value at all.
    is_attribute: bool = False
    # The feature that is 1 for customers without a value.
    missing_flag: str | None = None


@dataclass(frozen=True)
class SuppressedCells:
    """Segment and feature of the values that are suppressed, and of those that are rounded."""

    suppressed: frozenset[tuple[int, str]] = frozenset()
    rounded: frozenset[tuple[int, str]] = frozenset()


@dataclass(frozen=True)
class SegmentSuppression:
    """Suppression of both tables, from the same aggregates."""

    # Aggregates, a row for each segment.
    segments: Sequence[SparkRow]
    features: Sequence[str]
    # Those of them that come from customer attributes.
    attributes: Sequence[AttributeFeatureLike]
    # No published value rests on fewer customers; 1 publishes everything.
    min_group_size: int

    @cached_property
    def _supports(self) -> dict[tuple[int, str], Support]:
        return {
            (int(row[SEGMENT_ID]), name): Support(row[name]["count"], row[name]["having"])
            for row in self.segments
            for name in self.features
        }

    @cached_property
    def _cells(self) -> SuppressedCells:
        sizes = {int(row[SEGMENT_ID]): int(row["customers"]) for row in self.segments}
        return suppressed_cells(sizes, self._supports, list(feature_blocks(self.features, self.attributes)), self.min_group_size)

    def summary(self, rows: Records) -> Records:
        """Rows of segment_summary after suppression."""
        return rows if self.min_group_size == 1 else suppress_summary(rows, self._supports, self._cells, self.min_group_size)

    def profile(self, rows: Records) -> Records:
        """Rows of segment_profile after suppression."""
        return rows if self.min_group_size == 1 else suppress_profile(rows, self._supports, self._cells, self.min_group_size)


def feature_blocks(features: Sequence[str], attributes: Sequence[AttributeFeatureLike]) -> Iterator[FeatureBlock]:
    """All features, in blocks whose values can be derived from each other."""
    flags = {missing_flag(feature.attribute) for feature in attributes}
    for name, group in groupby(attributes, key=lambda feature: feature.attribute):
        levels = list(group)
        flag = missing_flag(name) if missing_flag(name) in features else None
        yield FeatureBlock(tuple(level.name for level in levels), levels[0].unit == "share", is_attribute=True, missing_flag=flag)
    others = [name for name in features if name not in flags | {feature.name for feature in attributes}]
    prefixes = (CATEGORY_SHARE_PREFIX, MONTH_ORDER_SHARE_PREFIX)
    for prefix in prefixes:
        if shares := tuple(name for name in others if name.startswith(prefix)):
            yield FeatureBlock(shares, is_share=True)
    yield from (FeatureBlock((name,), is_share=name not in UNITS) for name in others if not name.startswith(prefixes))


def suppressed_cells(
    sizes: Mapping[int, int], supports: Mapping[tuple[int, str], Support], blocks: Sequence[FeatureBlock], min_group_size: int
) -> SuppressedCells:
    """Values of segments that rest on small groups, and the values that these could be derived from.

    Each feature is in exactly one of the blocks.
    """
    suppressed: set[tuple[int, str]] = set()
    rounded: set[tuple[int, str]] = set()
    for block in blocks:
        if block.is_attribute:
            levels, without_missing = _attribute_cells(sizes, supports, block, min_group_size)
            suppressed |= levels | {(segment, block.missing_flag) for segment in without_missing if block.missing_flag}
            # All digits of a share reveal how many customers it is a share of.
            rounded |= {(segment, feature) for segment in without_missing for feature in block.features}
        else:
            suppressed |= _share_cells(sizes, supports, block, min_group_size)
    return SuppressedCells(frozenset(suppressed), frozenset(rounded - suppressed))


def _share_cells(
    sizes: Mapping[int, int], supports: Mapping[tuple[int, str], Support], block: FeatureBlock, min_group_size: int
) -> set[tuple[int, str]]:
    def customers(support: Support) -> int:
        return support.nonzero if block.is_share else support.customers

    counts = np.array([[customers(supports[s, f]) for f in block.features] for s in sizes], dtype=np.int64)
    if len(block.features) > 1:
        cells = suppressed_in_grid(counts, min_group_size).cells
    else:
        cells = suppressed_in_line(counts[:, 0].tolist(), min_group_size)[:, None]
    return _named(cells, sizes, block.features)


def _attribute_cells(
    sizes: Mapping[int, int], supports: Mapping[tuple[int, str], Support], block: FeatureBlock, min_group_size: int
) -> tuple[set[tuple[int, str]], set[int]]:
    """Suppressed features of an attribute, and segments whose number of customers without a value is suppressed."""
    first, is_nominal = block.features[0], len(block.features) > 1
    having = {s: [supports[s, f].nonzero for f in block.features] if block.is_share else [supports[s, first].customers] for s in sizes}
    rest = {s: [] if is_nominal or not block.is_share else [supports[s, first].customers - having[s][0]] for s in sizes}
    counts = np.array([[*having[s], *rest[s], sizes[s] - supports[s, first].customers] for s in sizes], dtype=np.int64)
    cells = suppressed_in_grid(counts, min_group_size, row_totals_are_known=True).cells
    levels = cells[:, : len(block.features)]
    # Each of two levels follows from the other.
    levels = levels | cells[:, [1]] if any(rest.values()) else levels
    return _named(levels, sizes, block.features), {s for s, is_suppressed in zip(sizes, cells[:, -1], strict=True) if is_suppressed}


def _named(cells: np.ndarray, sizes: Collection[int], features: Sequence[str]) -> set[tuple[int, str]]:
    return {(s, f) for s, row in zip(sizes, cells, strict=True) for f, is_suppressed in zip(features, row, strict=True) if is_suppressed}


def suppress_profile(
    rows: Sequence[Record], supports: Mapping[tuple[int, str], Support], cells: SuppressedCells, min_group_size: int
) -> Records:
    """Rows of segment_profile without values that rest on small groups; quantiles only with enough customers to either side."""
    return [_profile_row(row, supports[row[SEGMENT_ID], row["feature"]].customers, cells, min_group_size) for row in rows]


def _profile_row(row: Record, customers: int, cells: SuppressedCells, min_group_size: int) -> dict[str, object]:
    cell = row[SEGMENT_ID], row["feature"]
    if cell in cells.suppressed:
        return with_nulls(row, [name for name in row if name not in _NEVER_SUPPRESSED])
    quantiles = {name: publishable_quantile(row[name], level, customers, min_group_size) for name, level in _LEVELS.items()}
    decimals = _DECIMALS if cell in cells.rounded else {}
    return {**row, **quantiles, **{name: round(row[name], digits) for name, digits in decimals.items() if row[name] is not None}}


def suppress_summary(
    rows: Sequence[Record], supports: Mapping[tuple[int, str], Support], cells: SuppressedCells, min_group_size: int
) -> Records:
    """Rows of segment_summary without values that rest on small groups; no segment is one itself."""
    return [_summary_row(row, supports, cells, min_group_size) for row in rows]


def _summary_row(
    row: Record, supports: Mapping[tuple[int, str], Support], cells: SuppressedCells, min_group_size: int
) -> dict[str, object]:
    segment, customers = row[SEGMENT_ID], row["customers"]
    changed: dict[str, Any] = {
        f"silhouette_{name}": publishable_quantile(row[f"silhouette_{name}"], level, customers, min_group_size)
        for name, level in _LEVELS.items()
    }
    if reveals_small_group(row["border_customers"], customers, min_group_size):
        changed |= dict.fromkeys(("border_customers", "border_share"))
    if reveals_small_group(round(row["silhouette_below_0_share"] * customers), customers, min_group_size):
        changed["silhouette_below_0_share"] = None
    for feature in (feature for of, feature in supports if of == segment and f"{feature}_mean" in row):
        mean, median = row[f"{feature}_mean"], row[f"{feature}_median"]
        changed[f"{feature}_median"] = publishable_quantile(median, 0.5, supports[segment, feature].customers, min_group_size)
        if (segment, feature) in cells.suppressed:
            changed |= dict.fromkeys((f"{feature}_mean", f"{feature}_median"))
        elif (segment, feature) in cells.rounded and mean is not None:
            changed[f"{feature}_mean"] = round(mean, _DECIMALS["mean"])
    return {**row, **changed}
