"""Data of the page: the manifest and the published tables of one run, after small groups are suppressed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pandas as pd

from segmentation.report.formats import count


@dataclass(frozen=True)
class ReportData:
    """One run as its page shows it."""

    manifest: Mapping[str, Any]  # what ran on what; of the audit nothing is known yet
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)  # small tables by name, as published

    @classmethod
    def from_rows(cls, manifest: Mapping[str, Any], rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> "ReportData":
        """From rows of tables in any order."""
        tables = {name: pd.DataFrame(list(table)) for name, table in rows.items()}
        if "segment_profile" in tables:
            tables["segment_profile"] = in_feature_order(tables["segment_profile"], manifest, "segment_id")
        return cls(manifest, tables)

    def table(self, name: str) -> pd.DataFrame:
        """A published table; without rows and columns where the run has none of that name."""
        return self.tables.get(name, pd.DataFrame())

    def facts(self, analysis: str) -> Mapping[str, Any]:
        """Facts of an analysis in the manifest; empty where it did not run."""
        return self.manifest.get("analyses", {}).get(analysis) or {}

    @property
    def summary(self) -> pd.DataFrame:
        """segment_summary, in the order of ids."""
        return self.table("segment_summary")

    @property
    def profile(self) -> pd.DataFrame:
        """segment_profile, features in the order of the manifest."""
        return self.table("segment_profile")

    @property
    def currency(self) -> str | None:
        """The currency of all amounts, where the settings name one."""
        return self.manifest.get("currency")

    @property
    def min_group_size(self) -> int:
        """Minimum number of customers behind a published figure; 1 where nothing is suppressed."""
        size: int = (self.manifest.get("suppression") or {}).get("min_group_size", 1)
        return size

    @property
    def n_suppressed(self) -> int:
        """How many values of the tables are suppressed."""
        counts: Mapping[str, int] = (self.manifest.get("suppression") or {}).get("values", {})
        return sum(counts.values())

    @property
    def has_purchases(self) -> bool:
        """Whether the run has purchases, and not only attributes of customers."""
        return "revenue_net" in self.summary.columns

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What the manifest has about the customer table's attributes, by name; empty where there is no such table."""
        columns: Mapping[str, Any] = (self.manifest.get("attributes") or {}).get("columns", {})
        return columns


def in_feature_order(table: pd.DataFrame, manifest: Mapping[str, Any], *within: str) -> pd.DataFrame:
    """Rows by their feature, in the order in which the manifest lists features, and within a feature by other columns."""
    ranks = {str(row["feature"]): rank for rank, row in enumerate(manifest["features"])}
    order = table["feature"].map(ranks).fillna(len(ranks))
    return table.assign(order=order).sort_values(["order", "feature", *within]).drop(columns="order")


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as plain mappings."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


class Sample(Protocol):
    """The points of a chart."""

    @property
    def customers_per_point(self) -> int:
        """Minimum number of customers per point."""


def points_label(sample: Sample) -> str:
    """Heading of a column that counts the points."""
    least = sample.customers_per_point
    return "Customers shown" if least == 1 else f"Points, of {count(least)} customers or more"


def points_text(sample: Sample, number: int) -> str:
    """A number of points, in words."""
    least = sample.customers_per_point
    return f"{count(number)} customers" if least == 1 else f"{count(number)} points, of {count(least)} customers or more each,"
