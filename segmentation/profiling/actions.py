"""Marketing actions for each kind of segment, and the figures of the segment that justify them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from segmentation.profiling.naming import Level, SegmentKind, SegmentNaming
from segmentation.schemas import SEGMENT_ID, SEGMENT_NAME


class Action(NamedTuple):
    """A marketing action in plain words."""

    goal: str
    offer: str
    channel: str
    timing: str
    caution: str

    @property
    def in_one_line(self) -> str:
        """Goal and offer."""
        return f"{self.goal}: {self.offer[0].lower()}{self.offer[1:]}"


_HIGH, _MIDDLE, _LOW = Level.HIGH, Level.MIDDLE, Level.LOW

ACTIONS = {
    SegmentKind(_HIGH, _LOW): Action(
        "Keep and thank",
        "Early access, personal service, benefits that are no discount",
        "Personal mail or a call; the account manager where there is one",
        "Around each purchase, and before the season's launch",
        "A discount gives margin away to those who buy at full price",
    ),
    SegmentKind(_HIGH, _MIDDLE): Action(
        "Bring back into rhythm",
        "A reminder built on what they bought last, with a benefit for ordering this month",
        "Personal e-mail, then a call for the largest",
        "As soon as their usual gap between orders has passed",
        "Ask before offering: a late order is often a question of stock or service",
    ),
    SegmentKind(_HIGH, _HIGH): Action(
        "Win back",
        "A personal invitation with a strong benefit that ends on a day",
        "A call or a letter; e-mail alone is passed over",
        "Now: each further month without an order makes a return less likely",
        "Leave a group untouched, else nobody can tell who would have come back anyway",
    ),
    SegmentKind(_MIDDLE, _LOW): Action(
        "Grow the basket",
        "Things that go with what they buy, a threshold for free delivery just above their usual order",
        "E-mail and the shop's own recommendations",
        "Within two weeks of an order",
        "A threshold far above their usual order is ignored",
    ),
    SegmentKind(_MIDDLE, _MIDDLE): Action(
        "Make regular",
        "A loyalty step within reach, replenishment reminders",
        "E-mail, messages in the app",
        "At their usual gap between orders",
        "Too many messages cost more subscribers than they bring orders",
    ),
    SegmentKind(_MIDDLE, _HIGH): Action(
        "Wake up",
        "News in the categories they bought, a modest voucher that ends on a day",
        "E-mail first, post for those who don't open it",
        "Now, and once more a month later",
        "Stop after two attempts: the third reaches hardly anyone",
    ),
    SegmentKind(_LOW, _LOW): Action(
        "Win the second order",
        "A welcome series, and a small benefit for the next order",
        "E-mail",
        "In the first weeks after the order",
        "Keep the benefit small: many would order again without it",
    ),
    SegmentKind(_LOW, _MIDDLE): Action(
        "Find a reason to come",
        "Seasonal occasions and entry-level offers",
        "E-mail at low cost",
        "Before the seasons in which they bought",
        "What is spent here is rarely earned back: measure it first",
    ),
    SegmentKind(_LOW, _HIGH): Action(
        "Let rest, or reactivate cheaply",
        "One seasonal mailing; otherwise no cost",
        "E-mail only",
        "Before the season in which they bought",
        "Remove addresses that no longer answer: they harm delivery to all others",
    ),
}


def segment_actions(
    summary: Sequence[Mapping[str, Any]], namings: Mapping[int, SegmentNaming], currency: str | None = None
) -> list[dict[str, Any]]:
    """Rows of segment_actions: what to do, the figures that justify it, and the revenue at stake.

    `summary` has the rows of segment_summary, as published. `currency` is shown with amounts.
    """
    return [
        {
            SEGMENT_ID: row[SEGMENT_ID],
            SEGMENT_NAME: row[SEGMENT_NAME],
            **ACTIONS[namings[row[SEGMENT_ID]].kind]._asdict(),
            "reason": _reason(row, currency),
            "revenue_at_stake": row["revenue_net"],
        }
        for row in summary
    ]


def _reason(row: Mapping[str, Any], currency: str | None) -> str:
    share = "" if row["revenue_share"] is None else f"; together {row['revenue_share']:.1%} of all revenue"
    if row["monetary_net_median"] is None:
        return f"{row['customers']:,} customers, too few to tell their medians{share}"
    amount = f"{row['monetary_net_median']:,.0f} {currency or ''}".strip()
    orders, days = (round(row[f"{name}_median"]) for name in ("frequency_orders", "recency_days"))
    return (
        f"Medians of its {row['customers']:,} customers: {amount} spent, {orders:,} {'order' if orders == 1 else 'orders'}, "
        f"{days:,} {'day' if days == 1 else 'days'} since the last purchase{share}"
    )
