"""Whether the segments tell what comes next, in words and as tables."""

from dataclasses import dataclass
from typing import Any

from segmentation.report.findings import Findings, records
from segmentation.report.formats import NOTHING, count, is_missing, money, number, percent, plain
from segmentation.report.tables import Table

OURS, RFM, RANDOM = "segments", "rfm", "random"
GROUPINGS = {OURS: "These segments", RFM: "RFM quintiles", RANDOM: "Random groups"}
OUTCOMES = {"repurchase": "Whether they bought again", "orders": "How many orders they placed", "spend": "What they spent"}
_SURE = 2
"""Standard errors."""

_LONGEST = 60


@dataclass(frozen=True)
class Story:
    """Three sentences, and what each group went on to do."""

    done: str
    verdict: str
    lifts: str
    table: Table


def story(findings: Findings) -> Story:
    """What came of looking back."""
    return Story(what_was_done(findings), verdict(findings), lifts(findings), lift_table(findings))


def what_was_done(findings: Findings) -> str:
    """The day looked back to, and how many customers came back."""
    told = findings.manifest["usefulness"]
    again = next(row for row in records(findings.usefulness) if row["outcome"] == "repurchase")
    late = told["straddling_orders"]
    straddling = "" if not late else f" {_orders(late)} begun before that day with lines after it: counted as before, whole."
    return (
        f"Segments were made as of {told['cut']}, from what {count(told['customers'])} customers had done before that day, and held "
        f"against what they did in the {count(told['days'])} days from then on: {percent(again['mean'])} bought again.{straddling}"
    )


def verdict(findings: Findings) -> str:
    """Who foretells what better, as far as that can be told; whichever way it goes."""
    rows = {(row["grouping"], row["outcome"]): row for row in records(findings.usefulness)}
    beside = {outcome: _standing(rows[RFM, outcome]) for outcome in OUTCOMES}
    told = [
        _sentence("These segments tell more than RFM quintiles about", [o for o in OUTCOMES if beside[o] == 1]),
        _sentence("RFM quintiles tell more than these segments about", [o for o in OUTCOMES if beside[o] == -1]),
        _sentence("No difference from RFM quintiles can be made out in", [o for o in OUTCOMES if beside[o] == 0]),
        _sentence("These segments tell no more than random groups about", [o for o in OUTCOMES if _standing(rows[RANDOM, o]) < 1]),
    ]
    return " ".join(sentence for sentence in told if sentence)


def _standing(row: dict[str, Any]) -> int:
    """1 where our segments are surely ahead of the row's grouping, -1 where they are surely behind."""
    ahead, error = row["segments_ahead"], row["segments_ahead_error"]
    if is_missing(ahead) or is_missing(error) or abs(ahead) <= _SURE * error:
        return 0
    return 1 if ahead > 0 else -1


def _sentence(words: str, outcomes: list[str]) -> str:
    names = [OUTCOMES[outcome][0].lower() + OUTCOMES[outcome][1:] for outcome in outcomes]
    return f"{words} {' and '.join([*([', '.join(names[:-1])] if names[1:] else []), *names[-1:]])}." if names else ""


def lifts(findings: Findings) -> str:
    """The segment whose customers spent most afterwards, and the one whose spent least."""
    spent = [row for row in records(findings.usefulness_segments) if (row["grouping"], row["outcome"]) == (OURS, "spend")]
    known = sorted((row for row in spent if not is_missing(row["lift"])), key=lambda row: row["lift"])
    if len(known) < 2:
        return ""
    lowest, highest = known[0], known[-1]
    return (
        f"{plain(highest['group_name'], _LONGEST)} went on to spend {number(highest['lift'])} times what the average customer did, "
        f"{plain(lowest['group_name'], _LONGEST)} {number(lowest['lift'])} times."
    )


def explained_table(findings: Findings) -> Table:
    """Variance explained by each grouping, with its standard error and the difference from ours."""
    rows = [
        (
            OUTCOMES[row["outcome"]],
            GROUPINGS[row["grouping"]],
            count(row["groups"]),
            percent(row["epsilon_squared"]),
            percent(row["standard_error"]),
            percent(row["eta_squared"]),
            _difference(row),
        )
        for row in records(findings.usefulness)
    ]
    columns = ("Outcome", "Grouping", "Groups", "Variance explained", "Standard error", "Before correction", "Segments ahead by")
    caption = "Share of the differences in what customers did next that their group tells"
    return Table(caption, columns, tuple(rows), frozenset(("Outcome", "Grouping")))


def _difference(row: dict[str, Any]) -> str:
    if is_missing(row["segments_ahead"]):
        return NOTHING
    return f"{percent(row['segments_ahead'])} ± {percent(row['segments_ahead_error'])}"


def lift_table(findings: Findings) -> Table:
    """What each group went on to do: ours and RFM's."""
    shown = [row for row in records(findings.usefulness_segments) if row["grouping"] != RANDOM]
    groups = list(dict.fromkeys((row["grouping"], row["group_id"]) for row in shown))
    by_place = {(row["grouping"], row["group_id"], row["outcome"]): row for row in shown}
    rows = [_lift_row([by_place[*group, outcome] for outcome in OUTCOMES], findings) for group in groups]
    columns = (
        "Group",
        "Grouping",
        "Customers",
        "Bought again",
        "Orders each",
        "Spent each",
        "Lift of buying again",
        "Lift of orders",
        "Lift of spend",
    )
    return Table("What each group did next; lift 1 is the average customer", columns, tuple(rows), frozenset(("Group", "Grouping")))


def _lift_row(outcomes: list[dict[str, Any]], findings: Findings) -> tuple[str, ...]:
    again, orders, spend = outcomes
    figures = (percent(again["mean"]), number(orders["mean"]), money(spend["mean"], findings.currency))
    names = (plain(again["group_name"], _LONGEST), "RFM" if again["grouping"] == RFM else "ours", count(again["customers"]))
    return (*names, *figures, *(number(row["lift"]) for row in outcomes))


def explained_alternative(findings: Findings) -> str:
    """All bars, in words."""
    rows = records(findings.usefulness)
    told = (
        f"{name}: "
        + ", ".join(f"{GROUPINGS[row['grouping']].lower()} {percent(row['epsilon_squared'])}" for row in rows if row["outcome"] == outcome)
        for outcome, name in OUTCOMES.items()
    )
    return f"Bar chart of the variance explained by each grouping. {'; '.join(told)}."


def _orders(number: int) -> str:
    return f"{count(number)} order was" if number == 1 else f"{count(number)} orders were"
