"""What changed since the run before, on the page: sentences, and a map of where customers went."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from segmentation.report.charts import Cells, heat_map
from segmentation.report.formats import count, is_missing, money, percent, plain
from segmentation.report.labels import numbered, segment_labels
from segmentation.report.palette import share_colour
from segmentation.report.report_data import ReportData, records
from segmentation.report.section import Block, Chart, Figure, Paragraph, Section, Table

NEW, LEFT = "New customers", "Left"
_MAX_LENGTH = 60
_FATES = {
    "split": "{new} is new: most of its customers come from {old}.",
    "merged": "{old} has ended: most of its customers are in {new} now.",
    "born": "{new} is new, and comes from no single segment.",
    "retired": "{old} has ended: its customers have left, or are in no single segment.",
}


def migration_section(data: ReportData) -> Section:
    """Who moved, what became of segments, and where the customers of each segment are now."""
    blocks: list[Block] = [*map(Paragraph, migration_sentences(data))]
    if not data.table("segment_migration").empty:
        caption = (
            "Each row is a segment of the run before; each cell is the share of its customers who are now in the segment of that column. "
            "A dash means that the group is too small to show."
        )
        blocks.append(Figure(Chart(_flows_chart(data), flow_table(data)), caption))
    return Section("changes", "What changed", "What changed", tuple(blocks))


def migration_sentences(data: ReportData) -> list[str]:
    """How many customers moved, what became of segments, and what hysteresis costs."""
    facts = data.facts("migration")
    sentences = [_moved(facts), *_lineage(records(data.table("segment_lineage"))), _hysteresis(facts["churn"])]
    return [sentence for sentence in sentences if sentence]


def _moved(facts: Mapping[str, Any]) -> str:
    counts, since = facts["customers"], f"Since the run of {facts['since_as_of']}"
    if any(number is None for number in counts.values()):
        return f"{since} too few customers have moved, come or left to show their numbers."
    n_common = counts["stayed"] + counts["moved"]
    share = f" ({percent(counts['moved'] / n_common)} of those who are in both)" if n_common else ""
    return (
        f"{since} {_customers(counts['moved'])} moved to another segment{share}, {count(counts['new'])} came, "
        f"{count(counts['left'])} left, and {count(counts['stayed'])} stayed where they were."
    )


def _lineage(rows: list[dict[str, Any]]) -> list[str]:
    """A sentence on each segment that is new or has ended."""
    changed = [row for row in rows if row["event"] in _FATES]
    if rows and not changed:
        return ["All segments continue those of the run before."]
    return [_FATES[row["event"]].format(old=_name(row, "from_"), new=_name(row, "")) for row in changed]


def _name(row: Mapping[str, Any], prefix: str) -> str:
    number, name = row[f"{prefix}segment_id"], row[f"{prefix}segment_name"]
    return "" if is_missing(number) else numbered(int(number), plain(str(name), _MAX_LENGTH))


def _hysteresis(churn: Mapping[str, Any] | None) -> str:
    if not churn or churn["moved_to_nearest"] == churn["moved"]:
        return ""
    n_stayed = churn["moved_to_nearest"] - churn["moved"]
    cost = churn["wcss"] / churn["wcss_of_nearest"] - 1
    return (
        f"{_customers(n_stayed)} near a boundary stay in their segment, though the center of another is slightly nearer: "
        f"it costs {percent(cost, places=2)} of how closely segments fit."
    )


def flow_shares(data: ReportData) -> pd.DataFrame:
    """Shares of each old segment's customers by their segment now; 0 is new customers (row) and those who left (column)."""
    migration = data.table("segment_migration")
    rows = migration.assign(
        old=migration["from_segment_id"].astype(float).fillna(0).astype(int),
        new=migration["segment_id"].astype(float).fillna(0).astype(int),
    )
    n_new = data.facts("migration")["customers"]["new"] or float("nan")
    rows["share"] = rows["from_share"].astype(float).where(rows["old"] != 0, rows["customers"].astype(float) / n_new)
    # Nobody went where there is no row; a row without a share is suppressed.
    shares = rows.pivot(index="old", columns="new", values="share").fillna(0.0)
    for row in records(rows[rows["share"].isna()]):
        shares.loc[row["old"], row["new"]] = float("nan")
    return shares.reindex(index=_zero_last(shares.index), columns=_zero_last(shares.columns))


def _zero_last(numbers: pd.Index) -> list[int]:
    return sorted(map(int, numbers), key=lambda number: (number == 0, number))


def _flows_chart(data: ReportData) -> Any:
    """A row for each segment of the run before, a column for each segment now; the share of its customers printed in each cell."""
    shares = flow_shares(data)
    cells = Cells(*_flow_labels(data, shares), partial(percent, places=0), partial(share_colour, largest=1.0))
    return heat_map("flows", shares.to_numpy(dtype=float), cells, flow_alt_text(data))


def _flow_labels(data: ReportData, shares: pd.DataFrame) -> tuple[list[str], list[str]]:
    migration, names = data.table("segment_migration"), segment_labels(data.summary)
    old = zip(migration["from_segment_id"], migration["from_segment_name"], strict=True)
    old_names = {int(number): plain(str(name), _MAX_LENGTH) for number, name in old if not is_missing(number)}
    rows = [numbered(number, old_names[number]) if number else NEW for number in map(int, shares.index)]
    return rows, [numbered(number, names[number]) if number else LEFT for number in map(int, shares.columns)]


def flow_table(data: ReportData) -> Table:
    """Customers by their segment before and now."""
    rows = [
        (
            _name(row, "from_") or NEW,
            _name(row, "") or LEFT,
            count(row["customers"]),
            percent(row["from_share"]),
            money(row["revenue_net"], data.currency),
        )
        for row in records(data.table("segment_migration"))
    ]
    columns = ("From", "To", "Customers", "Share of the first", "Net spend")
    return Table("Customers by their segment before and now", columns, tuple(rows), frozenset({"From", "To"}))


def flow_alt_text(data: ReportData) -> str:
    """The map of flows, in words."""
    staying = [
        f"{_name(row, '')} {percent(row['from_share'])}"
        for row in records(data.table("segment_migration"))
        if not is_missing(row["from_segment_id"]) and row["from_segment_id"] == row["segment_id"]
    ]
    return f"Map of where the customers of each segment are now. Still in their segment: {', '.join(staying) or 'nobody'}."


def _customers(number: int) -> str:
    return f"{count(number)} customer" if number == 1 else f"{count(number)} customers"
