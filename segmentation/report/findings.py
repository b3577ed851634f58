"""What a run found, small enough to print: all that the page is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

_COLUMNS = {
    "accounting": ("subject", "outcome", "reason", "count", "count_any", "amount"),
    "k_selection": (
        "k",
        "silhouette",
        "silhouette_spread",
        "stability",
        "wcss",
        "calinski_harabasz",
        "davies_bouldin",
        "gap",
        "gap_error",
        "smallest_share",
        "eligible",
        "chosen",
        "reason",
    ),
    "summary": (
        "segment_id",
        "customers",
        "customer_share",
        "silhouette",
        "silhouette_p10",
        "silhouette_p50",
        "silhouette_p90",
        "silhouette_below_0_share",
        "border_customers",
        "border_share",
        "stability",
    ),
    "actions": ("segment_id", "goal", "offer", "channel", "timing", "caution", "because"),
    "profile": ("segment_id", "feature", "unit", "mean", "p10", "p50", "p90", "index", "effect", "effect_low", "effect_high", "rank"),
    "rules": ("segment_id", "conditions", "precision", "recall"),
    "examples": ("segment_id", "place", "feature", "unit", "value"),
    "scatter": ("x", "y", "silhouette", "segment_id"),
    "pair": ("first", "second", "segment_id"),
}


@dataclass(frozen=True)
class Findings:
    """One run's results, collected.

    Attributes
    ----------
    manifest
        What ran on what: ``run_id``, ``as_of``, ``title``, ``currency``, ``started_at``, ``seconds``, ``software``,
        ``input``, ``features``, ``choice``, ``surrogate`` and ``stages``.
    accounting
        A row per subject (``lines``, ``customers``), outcome and reason. ``count`` holds each line under its first
        reason only, so that the rows add up; ``count_any`` holds it under each of its reasons.
    k_selection
        A row per number of segments tried, with its measures and one sentence on why it was or wasn't chosen. May be empty.
    summary
        A row per segment; shares lie between 0 and 1. A column ``segment_name`` is used where there is one, and
        ``<feature>_median`` for the typical customer. Without purchases there are no ``revenue_net`` and ``revenue_share``.
    actions
        A row per segment: what to do about it, in words. Empty without purchases.
    profile
        A row per segment and feature; ``index`` is 100 for the average of all customers, null where that average is 0; ``rank`` is 1
        for what sets the segment furthest apart, null where that is not sure.
    rules
        A row per segment: ``conditions`` that all hold, each a mapping of ``feature``, ``is_above`` and ``bound``.
    examples
        A row per segment, place and feature: customers nearest the centre.
    scatter
        At most 2,000 sampled customers: the first two principal components, and the silhouette of each. May be empty.
    scatter_explained
        Share of the variance that these two components keep, 0 to 1.
    pair
        The same customers in two features, in the features' own units. May be empty.
    pair_features
        The names of these two.
    customers_of_a_mark
        How many customers each row of scatter and pair stands for, at least; 1 where it is one of them.
    selling
        ``segment_products``, ``segment_categories``, ``segment_baskets`` and ``segment_recommendations``, as published; empty where
        baskets were not looked for.
    rfm
        A row per RFM segment, as in rfm_baseline; the manifest's ``rfm`` tells how far they agree with ours. May be empty.
    usefulness, usefulness_segments
        As the tables of these names; empty where the settings give no cut.
    sensitive
        As the table sensitive_attributes; empty where no attribute is declared so.
    migration, lineage, trend
        As segment_migration, segment_lineage and segment_trend; the first two are empty on a first run.
    drift_trend
        As the table of this name; empty on a first run.
    """

    manifest: Mapping[str, Any]
    accounting: pd.DataFrame
    k_selection: pd.DataFrame
    summary: pd.DataFrame
    actions: pd.DataFrame
    profile: pd.DataFrame
    rules: pd.DataFrame
    examples: pd.DataFrame
    scatter: pd.DataFrame
    scatter_explained: float
    pair: pd.DataFrame
    pair_features: tuple[str, ...]
    customers_of_a_mark: int = 1
    selling: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    rfm: pd.DataFrame = field(default_factory=pd.DataFrame)
    usefulness: pd.DataFrame = field(default_factory=pd.DataFrame)
    usefulness_segments: pd.DataFrame = field(default_factory=pd.DataFrame)
    sensitive: pd.DataFrame = field(default_factory=pd.DataFrame)
    migration: pd.DataFrame = field(default_factory=pd.DataFrame)
    lineage: pd.DataFrame = field(default_factory=pd.DataFrame)
    trend: pd.DataFrame = field(default_factory=pd.DataFrame)
    drift_trend: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def currency(self) -> str | None:
        """The currency of all amounts, where the settings name one."""
        return self.manifest.get("currency")

    @property
    def smallest_group(self) -> int:
        """Figures of fewer customers are not told; 1 where all are."""
        told: int = (self.manifest.get("small_groups") or {}).get("smallest_group", 1)
        return told

    @property
    def kept_back(self) -> int:
        """How many values the tables keep back."""
        told: Mapping[str, int] = (self.manifest.get("small_groups") or {}).get("kept_back", {})
        return sum(told.values())

    @property
    def has_purchases(self) -> bool:
        """Whether it is known what customers bought, or only who they are."""
        return "revenue_net" in self.summary.columns

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What the manifest tells of the customer table's attributes, by name; empty where there is none."""
        told: Mapping[str, Any] = (self.manifest.get("attributes") or {}).get("columns", {})
        return told


def checked(findings: Findings) -> Findings:
    """The same findings with their rows in a fixed order, so that the page doesn't depend on how they were collected.

    Raises
    ------
    ValueError
        Where a table lacks columns or the summary has no rows; all faults in one message.
    """
    faults = [fault for name in _COLUMNS for fault in _missing_columns(name, getattr(findings, name))]
    if not faults and findings.summary.empty:
        faults = ["summary has no rows: at least one segment is needed"]
    if faults:
        raise ValueError("The report can't be written: " + "; ".join(faults))
    return _in_order(findings)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as plain mappings."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _missing_columns(name: str, table: pd.DataFrame) -> list[str]:
    missing = [column for column in _COLUMNS[name] if column not in table.columns]
    return [f"{name} lacks {', '.join(missing)}"] if missing else []


def _in_order(findings: Findings) -> Findings:
    ranks = {str(row["feature"]): rank for rank, row in enumerate(findings.manifest["features"])}
    profile = findings.profile.assign(order=findings.profile["feature"].map(ranks).fillna(len(ranks)))
    examples = findings.examples.assign(order=findings.examples["feature"].map(ranks).fillna(len(ranks)))
    return replace(
        findings,
        accounting=findings.accounting.sort_values(["count", "outcome", "reason"], ascending=[False, True, True]),
        k_selection=findings.k_selection.sort_values("k"),
        summary=findings.summary.sort_values("segment_id"),
        actions=findings.actions.sort_values("segment_id"),
        profile=profile.sort_values(["order", "feature", "segment_id"]).drop(columns="order"),
        rules=findings.rules.sort_values("segment_id"),
        examples=examples.sort_values(["segment_id", "place", "order", "feature"]).drop(columns="order"),
        scatter=findings.scatter.sort_values(["segment_id", "x", "y"]),
        pair=findings.pair.sort_values(["segment_id", "first", "second"]),
    )
