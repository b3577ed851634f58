"""What the lines of a log must come to, in plain Python: nothing of the package and nothing of Spark is imported here.

Every line is looked at again each time, so that no mistake of the night before can hide. Amounts are in ten-thousandths (`_e4`).
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

VOID_WITHIN = timedelta(hours=24)
NOT_PRODUCTS = ("POST",)


@dataclass(frozen=True)
class Truth:
    """What a run must say.

    `accounting` holds rows (subject, outcome, reason, count, count_any_reason, amount_e4), and `orders` and `customers` what is known by
    (customer, order, voided_at) and by customer.
    """

    accounting: set
    orders: dict
    customers: dict
    as_of: date


@dataclass
class _Parsed:
    customer: str | None
    at: datetime | None
    order: str | None
    product: str
    category: str
    quantity: int | None
    price_e4: int | None
    reasons: tuple = ()
    voided_at: datetime | None = None

    @property
    def is_return(self):
        return (self.quantity or 0) < 0 or (self.order or "").startswith("C")

    @property
    def amount_e4(self):
        if self.quantity is None or self.price_e4 is None:
            return 0
        amount = self.quantity * self.price_e4
        return -amount if self.is_return and self.quantity > 0 else amount


def truth_of(lines):
    """The truth about these lines."""
    parsed = [_judged(line) for line in lines]
    accepted = [line for line in parsed if not line.reasons]
    _void(accepted)
    orders = _orders(accepted)
    as_of = max(line.at for line in accepted if not line.voided_at).date() + timedelta(days=1)
    customers = _customers(orders, as_of)
    rows = [*_line_rows(parsed, accepted), *_customer_rows(parsed, orders, customers)]
    return Truth(set(rows), orders, customers, as_of)


def _judged(line):
    parsed = _Parsed(
        *(line.customer_id or None, _time(line.ordered_at), line.order_id or None, line.product_id, line.category),
        *(_whole(line.quantity), _e4(line.unit_price)),
    )
    broken = {
        "guest": parsed.customer is None,
        "missing_date": line.ordered_at == "",
        "unreadable_date": line.ordered_at != "" and parsed.at is None,
        "missing_quantity": line.quantity == "",
        "unreadable_quantity": line.quantity != "" and parsed.quantity is None,
        "missing_price": line.unit_price == "",
        "unreadable_price": line.unit_price != "" and parsed.price_e4 is None,
        "zero_quantity": parsed.quantity == 0,
        "price_not_above_zero": parsed.price_e4 is not None and parsed.price_e4 <= 0,
        "not_a_product": line.product_id in NOT_PRODUCTS,
    }
    parsed.reasons = tuple(reason for reason, is_broken in broken.items() if is_broken)
    if not parsed.reasons:
        parsed.order = parsed.order or f"{parsed.at:%Y-%m-%d}"
    return parsed


def _void(accepted):
    """A return takes the latest equal purchase that no other took, where it is recent enough."""
    alike = defaultdict(list)
    for line in accepted:
        alike[line.customer, line.product, abs(line.quantity), line.price_e4].append(line)
    for lines in alike.values():
        open_purchases = []
        for line in sorted(lines, key=lambda line: (line.at, line.is_return, line.order)):
            if not line.is_return:
                open_purchases.append(line)
            elif open_purchases and line.at - open_purchases[-1].at <= VOID_WITHIN:
                open_purchases.pop().voided_at = line.voided_at = line.at


def _orders(accepted):
    gathered = defaultdict(list)
    for line in accepted:
        gathered[line.customer, line.order, line.voided_at].append(line)
    return {key: _order(lines) for key, lines in gathered.items()}


def _order(lines):
    spend = Counter()
    for line in lines:
        spend[line.category] += 0 if line.is_return else line.amount_e4
    return {
        "ordered_at": min(line.at for line in lines),
        "last_line_at": max(line.at for line in lines),
        "lines": len(lines),
        "return_lines": sum(line.is_return for line in lines),
        "gross_e4": sum(line.amount_e4 for line in lines if not line.is_return),
        "returned_e4": -sum(line.amount_e4 for line in lines if line.is_return),
        **{f"spend_e4_{name.lower()}": spend[name] for name in ("Garden", "Kitchen", "Toys")},
    }


def _customers(orders, as_of):
    """Customers who have bought: (recency_days, frequency_orders, gross_e4, net_e4)."""
    valid_orders = defaultdict(list)
    for (customer, _, voided_at), order in orders.items():
        if voided_at is None:
            valid_orders[customer].append(order)
    return {customer: _customer(rows, as_of) for customer, rows in valid_orders.items() if any(map(_is_purchase, rows))}


def _customer(orders, as_of):
    last = max(order["ordered_at"].date() for order in orders if _is_purchase(order))
    gross, returned = (sum(order[name] for order in orders) for name in ("gross_e4", "returned_e4"))
    return (as_of - last).days, sum(map(_is_purchase, orders)), gross, gross - returned


def _is_purchase(order):
    return order["gross_e4"] > order["returned_e4"]


def _line_rows(parsed, accepted):
    yield ("lines", "read", None, len(parsed), len(parsed), sum(line.amount_e4 for line in parsed))
    rejected = [line for line in parsed if line.reasons]
    for reason in {reason for line in rejected for reason in line.reasons}:
        first = [line for line in rejected if line.reasons[0] == reason]
        with_it = sum(reason in line.reasons for line in rejected)
        yield ("lines", "rejected", reason, len(first), with_it, sum(line.amount_e4 for line in first))
    for outcome, is_voided in (("accepted", False), ("voided", True)):
        lines = [line for line in accepted if bool(line.voided_at) == is_voided]
        for kind, is_return in (("purchase", False), ("return", True)):
            amounts = [line.amount_e4 for line in lines if line.is_return == is_return]
            if lines:
                yield ("lines", outcome, kind, len(amounts), len(amounts), sum(amounts))


def _customer_rows(parsed, orders, customers):
    seen = {line.customer for line in parsed} - {None}
    with_orders = {customer for customer, _, voided_at in orders if voided_at is None}
    known = {customer for customer, _, _ in orders}
    without = {
        "no_purchase": with_orders - customers.keys(),
        "only_voided_lines": known - with_orders,
        "only_rejected_lines": seen - known,
    }
    yield from (("customers", "unsegmented", reason, len(who), len(who), None) for reason, who in without.items() if who)
    yield ("customers", "seen", None, len(seen), len(seen), None)
    yield ("customers", "segmented", None, len(customers), len(customers), None)


def _time(text):
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None


def _whole(text):
    try:
        return int(text)
    except ValueError:
        return None


def _e4(text):
    try:
        return int(Decimal(text) * 10_000)
    except InvalidOperation:
        return None
