"""What changed since the run before: who moved where, and how segments have grown, in words and as tables."""

import pandas as pd

from segmentation.report.findings import Findings, records
from segmentation.report.formats import NOTHING, count, is_missing, money, percent, plain
from segmentation.report.labels import numbered, segment_labels
from segmentation.report.tables import Table

NEW, LEFT = "New customers", "Left"
_LONGEST = 60
_FATES = {
    "split": "{new} is new: most of its customers come from {old}.",
    "merged": "{old} has ended: most of its customers are in {new} now.",
    "born": "{new} is new, and comes from no one segment.",
    "retired": "{old} has ended: its customers have left, or are in no one segment.",
}


def sentences(findings: Findings) -> list[str]:
    """How many moved, what became of segments, and what it changes that customers near a border stay."""
    return [said for said in (_moved(findings), *_became(findings), _steadied(findings)) if said]


def _moved(findings: Findings) -> str:
    movement = findings.manifest["movement"]
    counts = movement["customers"]
    since = f"Since the run of {movement['since_as_of']}"
    if any(number is None for number in counts.values()):
        return f"{since} too few customers have moved, come or left to be told of by number."
    known = counts["stayed"] + counts["moved"]
    share = f" ({percent(counts['moved'] / known)} of those who are in both)" if known else ""
    return (
        f"{since} {_people(counts['moved'])} moved to another segment{share}, {count(counts['new'])} came, {count(counts['left'])} left, "
        f"and {count(counts['stayed'])} are where they were."
    )


def _became(findings: Findings) -> list[str]:
    """A sentence on each segment that is new or has ended."""
    rows = records(findings.lineage)
    told = [row for row in rows if row["fate"] in _FATES]
    if rows and not told:
        return ["All segments continue those of the run before."]
    return [_FATES[row["fate"]].format(old=_name(row, "from_"), new=_name(row, "")) for row in told]


def _name(row: dict[str, object], side: str) -> str:
    number, name = row[f"{side}segment_id"], row[f"{side}segment_name"]
    return "" if is_missing(number) else numbered(int(str(number).partition(".")[0]), plain(str(name), _LONGEST))


def _steadied(findings: Findings) -> str:
    steadiness = findings.manifest["movement"]["steadiness"]
    if not steadiness or steadiness["moved_to_nearest"] == steadiness["moved"]:
        return ""
    spared = steadiness["moved_to_nearest"] - steadiness["moved"]
    worse = steadiness["wcss"] / steadiness["wcss_of_nearest"] - 1
    return (
        f"{_people(spared)} near a border stay where they were, though another segment is slightly nearer: "
        f"it costs {percent(worse, places=2)} of how closely segments fit."
    )


def flows(findings: Findings) -> pd.DataFrame:
    """Shares of each old segment's customers by where they are now; a row for those who came, a column for those who left."""
    rows = findings.migration.assign(
        old=findings.migration["from_segment_id"].astype(float).fillna(0).astype(int),
        new=findings.migration["segment_id"].astype(float).fillna(0).astype(int),
    )
    came = rows["old"] == 0
    all_who_came = findings.manifest["movement"]["customers"]["new"] or float("nan")
    shares = rows.assign(share=rows["from_share"].astype(float).where(~came, rows["customers"].astype(float) / all_who_came))
    # Nobody went where there is no row; where there is one without a share, it is not told.
    filled = shares.pivot(index="old", columns="new", values="share").fillna(0.0)
    for row in records(shares[shares["share"].isna()]):
        filled.loc[row["old"], row["new"]] = float("nan")
    return filled.reindex(index=_last(filled.index), columns=_last(filled.columns))


def _last(numbers: pd.Index) -> list[int]:
    """Rising, with those who are in no segment last."""
    return sorted(map(int, numbers), key=lambda number: (number == 0, number))


def flow_labels(findings: Findings, shares: pd.DataFrame) -> tuple[list[str], list[str]]:
    """What rows and columns are called."""
    old = zip(findings.migration["from_segment_id"], findings.migration["from_segment_name"], strict=True)
    names = {int(number): plain(str(name), _LONGEST) for number, name in old if not is_missing(number)}
    now = segment_labels(findings.summary)
    rows = [numbered(number, names[number]) if number else NEW for number in map(int, shares.index)]
    return rows, [numbered(number, now[number]) if number else LEFT for number in map(int, shares.columns)]


def flow_table(findings: Findings) -> Table:
    """Customers by where they were and where they are."""
    rows = [
        (
            _name(row, "from_") or NEW,
            _name(row, "") or LEFT,
            count(row["customers"]),
            percent(row["from_share"]),
            money(row["revenue_net"], findings.currency),
        )
        for row in records(findings.migration)
    ]
    columns = ("From", "To", "Customers", "Of the first", "Net spend")
    return Table("Customers by where they were and where they are now", columns, tuple(rows), frozenset({"From", "To"}))


def flow_alternative(findings: Findings) -> str:
    """The map of flows, in words."""
    staying = [
        f"{_name(row, '')} {percent(row['from_share'])}"
        for row in records(findings.migration)
        if not is_missing(row["from_segment_id"]) and row["from_segment_id"] == row["segment_id"]
    ]
    return f"Map of where the customers of each segment are now. Still where they were: {', '.join(staying) or 'nobody'}."


def trend_table(findings: Findings) -> Table:
    """Segments of all runs, the latest first."""
    ordered = findings.trend.sort_values(["as_of", "segment_id"], ascending=[False, True])
    rows = [
        (
            str(row["as_of"]),
            _name(row, ""),
            count(row["customers"]),
            percent(row["customer_share"]),
            money(row["revenue_net"], findings.currency) if findings.has_purchases else NOTHING,
        )
        for row in records(ordered)
    ]
    columns = ("As of", "Segment", "Customers", "Of all", "Net revenue")
    return Table("Segments of every run", columns, tuple(rows), frozenset({"As of", "Segment"}))


def trend_alternative(findings: Findings) -> str:
    """The lines, in words: where each segment of today began and where it is."""
    told = []
    for number, name in segment_labels(findings.summary).items():
        shares = findings.trend[findings.trend["segment_id"] == number].sort_values("as_of")["customer_share"]
        told.append(f"{name} from {percent(shares.iloc[0])} to {percent(shares.iloc[-1])}")
    return f"Lines of the share of customers in each segment over {findings.trend['as_of'].nunique()} runs: {'; '.join(told)}."


def _people(number: int) -> str:
    return f"{count(number)} customer" if number == 1 else f"{count(number)} customers"
