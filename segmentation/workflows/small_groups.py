"""The tables of a run without what tells of small groups, and how much that is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from pyspark.sql import Row

from segmentation.features.attributes import AttributeFeature
from segmentation.privacy.described import Block, Quiet, Support, profile_told, quiet_figures, rules_told, selection_told, summary_told
from segmentation.privacy.figures import kept_back
from segmentation.schemas import CATEGORY_SHARE_PREFIX, MONTH_ORDER_SHARE_PREFIX, SEGMENT_ID, UNITS, missing_flag

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class SmallGroups:
    """What figures of the segments rest on, and what may therefore not be told of them.

    Parameters
    ----------
    segments
        As gathered, a row each.
    features
        Their names.
    attributes
        Those that attributes became.
    smallest_group
        No figure that is told rests on fewer customers; 1 tells everything.
    """

    segments: Sequence[Row]
    features: Sequence[str]
    attributes: Sequence[AttributeFeature]
    smallest_group: int

    @cached_property
    def _supports(self) -> dict[tuple[int, str], Support]:
        return {
            (int(row[SEGMENT_ID]), name): Support(row[name]["count"], row[name]["having"])
            for row in self.segments
            for name in self.features
        }

    @cached_property
    def _quiet(self) -> Quiet:
        sizes = {int(row[SEGMENT_ID]): int(row["customers"]) for row in self.segments}
        return quiet_figures(sizes, self._supports, list(blocks_of(self.features, self.attributes)), self.smallest_group)

    def summary(self, rows: Rows) -> Rows:
        """segment_summary as it is told."""
        return self._told(rows, lambda: summary_told(rows, self._supports, self._quiet, self.smallest_group))

    def profile(self, rows: Rows) -> Rows:
        """segment_profile as it is told."""
        return self._told(rows, lambda: profile_told(rows, self._supports, self._quiet, self.smallest_group))

    def rules(self, rows: Rows, sample: int) -> Rows:
        """segment_rules as they are told, measured on so many customers."""
        return self._told(rows, lambda: rules_told(rows, sample, self.smallest_group))

    def selection(self, rows: Rows, sample: int) -> Rows:
        """k_selection as it is told, of so many customers."""
        return self._told(rows, lambda: selection_told(rows, sample, self.smallest_group))

    def _told(self, rows: Rows, told: Callable[[], Rows]) -> Rows:
        return rows if self.smallest_group == 1 else told()


def blocks_of(features: Sequence[str], attributes: Sequence[AttributeFeature]) -> Iterator[Block]:
    """Features whose figures give each other back, by their names."""
    flags = {missing_flag(feature.attribute) for feature in attributes}
    for name, same in groupby(attributes, key=lambda feature: feature.attribute):
        mine = list(same)
        flag = missing_flag(name) if missing_flag(name) in features else None
        yield Block(tuple(f.name for f in mine), mine[0].unit == "share", is_attribute=True, flag=flag)
    rest = [name for name in features if name not in flags | {feature.name for feature in attributes}]
    for prefix in (CATEGORY_SHARE_PREFIX, MONTH_ORDER_SHARE_PREFIX):
        if mine_of := tuple(name for name in rest if name.startswith(prefix)):
            yield Block(mine_of, is_share=True)
    alone = (name for name in rest if not name.startswith((CATEGORY_SHARE_PREFIX, MONTH_ORDER_SHARE_PREFIX)))
    yield from (Block((name,), is_share=name not in UNITS) for name in alone)


def counted(tables: Mapping[str, tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]]) -> dict[str, int]:
    """How many values each table keeps back, by name, from its rows before and after; tables that keep back none are left out."""
    found = {name: kept_back(before, after) for name, (before, after) in tables.items()}
    return {name: count for name, count in found.items() if count}
