"""Accounting on the page: lines, customers and table rows by outcome and reason, with their sums."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from segmentation.report.formats import NBSP, count, is_missing, money, percent, plain

_OUTCOMES = {
    "lines": {
        "accepted": "Used for the segments.",
        "rejected": "Left out, each under the first reason that applies; kept in the table rejected_lines.",
        "voided": "Purchases and the returns that cancelled them shortly after: neither counts.",
    },
    "customers": {
        "segmented": "In exactly one segment.",
        "unsegmented": "In no segment; listed in the table unsegmented_customers.",
    },
    "attribute_rows": {
        "used": "The row of a customer in a segment, or listed as in none.",
        "merged": "Further rows of a customer that has one already: equal to it, or filling its gaps.",
        "unmatched": "Rows of customers the log knows no purchase of.",
        "rejected": "Left out, each under the first reason that applies.",
    },
}
_WHOLES = {"lines": "read", "customers": "seen", "attribute_rows": "read"}
_TITLES = {"attribute_rows": "rows of the customer table"}
_HIDDEN_WHEN_EMPTY = {"unmatched"}
_REASONS = {
    "purchase": "Goods sold.",
    "return": "Goods that came back, or a cancelled order.",
    "erased": "Of a customer who was erased; nothing of the line is kept but its amount.",
    "guest": "No customer number: a sale that can't be tied to any customer.",
    "zero_quantity": "Nothing was sold or returned: the quantity is 0.",
    "zero_amount": "Nothing was charged: the amount is 0.",
    "price_not_above_zero": "The price is 0 or negative: a gift, a correction or a write-off, not a sale.",
    "discount_above_price": "The discount takes off as much as the line costs, or more.",
    "amount_too_large": "The amount is too large for any till: most likely a number that slipped into the wrong column.",
    "not_a_product": "A code that the settings list as something other than goods: postage, fees, samples, manual entries.",
    "exact_duplicate": "The same line once more, equal in every column.",
    "outside_window": "Dated on or after the analysis date, or before the history that the settings ask for.",
    "unreadable_record": "The line is broken: it can't be split into its columns.",
    "unreadable_id": "The number of the customer, the order or the product is damaged: it holds signs that are no text.",
    "only_rejected_lines": "Every line of these customers was rejected.",
    "only_voided_lines": "Everything these customers bought was cancelled shortly after.",
    "no_purchase": "Only returns, no purchase.",
    "no_attributes": "Nothing is known of these customers that they could be compared by.",
    "same_customer": "No two rows of a customer contradict each other, else the run would have stopped.",
    "not_in_the_log": "They may have bought nothing, or their numbers are written in another way there.",
    "missing_customer_id": "No customer number: the row can't be tied to any customer.",
}
_FAMILIES = {"missing_": "The {} is empty.", "unreadable_": "The value given as the {} can't be read as one."}


@dataclass(frozen=True)
class AccountingLine:
    """One row of the table: an outcome, or a reason under it."""

    name: str
    explanation: str
    count: str
    count_any_reason: str
    share: str
    amount: str
    is_outcome: bool


@dataclass(frozen=True)
class AccountingTable:
    """The rows of one subject, and the sums that check them."""

    subject: str
    lines: tuple[AccountingLine, ...]
    sums: tuple[str, ...]
    verdict: str
    adds_up: bool
    has_amounts: bool


@dataclass(frozen=True)
class _Account:
    """The rows of one subject, and the currency of their amounts."""

    rows: pd.DataFrame
    subject: str
    currency: str | None

    @property
    def whole(self) -> str:
        return _WHOLES[self.subject]

    @property
    def outcomes(self) -> tuple[str, ...]:
        present = set(self.rows["outcome"])
        return tuple(outcome for outcome in _OUTCOMES[self.subject] if outcome in present or outcome not in _HIDDEN_WHEN_EMPTY)

    def of(self, outcome: str) -> pd.DataFrame:
        """The rows of one outcome; its total is left out where there are rows by reason, so that nothing is counted twice."""
        rows = self.rows[self.rows["outcome"] == outcome]
        reasoned = rows[rows["reason"].notna()]
        return rows if reasoned.empty else reasoned

    def count(self, outcome: str) -> int | None:
        """None where any part is suppressed."""
        counts = self.of(outcome)["count"]
        return None if counts.isna().any() else int(counts.sum())

    def amount(self, outcome: str) -> Decimal | None:
        amounts = [Decimal(str(amount)) for amount in self.of(outcome)["amount"] if not is_missing(amount)]
        return sum(amounts, start=Decimal(0)) if amounts else None

    def money(self, amount: Decimal | None) -> str:
        return money(amount, self.currency, exact=True)


def accounting_table(accounting: pd.DataFrame, subject: str, currency: str | None) -> AccountingTable:
    """The accounting of ``lines``, ``customers`` or ``attribute_rows``.

    The whole must equal the sum of its outcomes: in number and, where the whole has an amount, in money.
    """
    rows = accounting[accounting["subject"] == subject].sort_values(["count", "outcome", "reason"], ascending=[False, True, True])
    account = _Account(rows, subject, currency)
    verdict, adds_up = _verdict(account)
    return AccountingTable(
        subject=_TITLES.get(subject, subject),
        lines=tuple(_lines(account)),
        sums=tuple(_sums(account)),
        verdict=verdict,
        adds_up=adds_up,
        has_amounts=account.amount(account.whole) is not None,
    )


def _lines(account: _Account) -> Iterator[AccountingLine]:
    for outcome in account.outcomes:
        explanation, amount = _OUTCOMES[account.subject][outcome], account.money(account.amount(outcome))
        total = account.count(outcome)
        yield AccountingLine(outcome.capitalize(), explanation, count(total), "", _share(total, account), amount, True)
        yield from _reasons(account, outcome)


def _reasons(account: _Account, outcome: str) -> Iterator[AccountingLine]:
    for row in account.of(outcome).dropna(subset="reason").to_dict("records"):
        reason = str(row["reason"])
        yield AccountingLine(
            name=plain(reason.replace("_", " "), 60).capitalize(),
            explanation=_explanation(reason),
            count=count(row["count"]),
            count_any_reason=count(row["count_any_reason"]),
            share=_share(row["count"], account),
            amount=account.money(row["amount"]),
            is_outcome=False,
        )


def _explanation(reason: str) -> str:
    for prefix, text in _FAMILIES.items():
        if reason.startswith(prefix) and reason not in _REASONS:
            return text.format(plain(reason.removeprefix(prefix).replace("_", " "), 40))
    return _REASONS.get(reason, "")


def _share(part: float | None, account: _Account) -> str:
    whole = account.count(account.whole)
    return percent(part / whole if whole and part is not None and not is_missing(part) else None)


def _sums(account: _Account) -> Iterator[str]:
    numbers = [f"{count(account.count(outcome))}{NBSP}{outcome}" for outcome in account.outcomes]
    yield f"{count(account.count(account.whole))}{NBSP}{account.whole} = {' + '.join(numbers)}"
    whole = account.amount(account.whole)
    if whole is not None:
        amounts = [f"{account.money(account.amount(outcome) or Decimal(0))}{NBSP}{outcome}" for outcome in account.outcomes]
        yield f"{account.money(whole)}{NBSP}{account.whole} = {' + '.join(amounts)}"


def _verdict(account: _Account) -> tuple[str, bool]:
    what = "rows" if account.subject == "attribute_rows" else account.subject
    left, parts_of = account.count(account.whole), [account.count(outcome) for outcome in account.outcomes]
    if account.rows["count"].isna().any():
        # A run that does not add up fails its audit before small groups are suppressed.
        return (
            f"It adds up: every {what.removesuffix('s')} is counted once. A dash means that a figure would describe only a few customers.",
            True,
        )
    left_over = (left or 0) - sum(part or 0 for part in parts_of)
    if left_over:
        fate = "missing" if left_over > 0 else "counted twice"
        return f"It does not add up: {count(abs(left_over))} {what} {fate}.", False
    whole = account.amount(account.whole)
    parts = sum((account.amount(outcome) or Decimal(0) for outcome in account.outcomes), start=Decimal(0))
    if whole is not None and whole != parts:
        return f"It does not add up: the {what} do, but their amounts differ by {account.money(whole - parts)}.", False
    return f"It adds up: every {what.removesuffix('s')} is counted once.", True
