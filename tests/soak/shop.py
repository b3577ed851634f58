"""A shop whose log grows night by night, drawn from a seed: every kind of line that makes a night hard comes every few nights."""

import csv
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import NamedTuple

COLUMNS = ("customer_id", "ordered_at", "order_id", "product_id", "category", "quantity", "unit_price")
FIRST_NIGHT = datetime(2026, 1, 5)
HISTORY_DAYS = 45
CATEGORIES = ("Garden", "Kitchen", "Toys")
PRODUCTS = [(f"{name[0]}{place}", name, f"{2 + place * 1.25:.2f}") for name in CATEGORIES for place in range(6)]
ORDERS_A_DAY, MOST_LINES, STAFF = 25, 5, 3
TOO_LATE = "too late"


class Line(NamedTuple):
    """A line as it is in the log, all text; `kind` says what it is there for, and is not written."""

    customer_id: str
    ordered_at: str
    order_id: str
    product_id: str
    category: str
    quantity: str
    unit_price: str
    kind: str


class Shop:
    """Lines by night. Ask for the history first, then for night 1, 2, and so on."""

    def __init__(self, seed):
        self.draw = Random(seed)
        self._orders, self._people = count(1001), count(1)
        self.active = [self._person() for _ in range(80)]
        self.gone = []
        self._bought = defaultdict(list)  # lines of purchases that nobody returned, by day
        self._tomorrow = []  # lines that come one night after they should

    def history(self):
        """Everything before the first night."""
        days = [FIRST_NIGHT - timedelta(days=back) for back in range(HISTORY_DAYS, 0, -1)]
        return [line for day in days for _ in range(ORDERS_A_DAY // 2) for line in self._order(day)]

    def night(self, number):
        """What comes in on that night: of its day, mostly."""
        day = FIRST_NIGHT + timedelta(days=number - 1)
        late, self._tomorrow = self._tomorrow, []
        lines = [*late, *self._come_and_go(day)]
        lines += [line for _ in range(ORDERS_A_DAY) for line in self._order(day)]
        for event in (self._late, self._corrections, self._returns, self._rematched, self._rejected, self._fleeting):
            lines += event(day)
        return lines + (self._too_late(day) if is_too_late(number) else [])

    def _come_and_go(self, day):
        """Two vanish for good; three are new, and buy at once."""
        for _ in range(2):
            self.gone.append(self.active.pop(self.draw.randrange(len(self.active))))
        new = [self._person() for _ in range(3)]
        self.active += new
        return [line for customer in new for line in self._order(day, customer, kind="new customer")]

    def _late(self, day):
        """Orders of some days ago, and more of orders that are known: of these days, and of long ago."""
        lines = [line for back in (1, 4, 6) for line in self._order(day - timedelta(days=back), kind="late")]
        for back, dated in ((3, 3), (5, 0), (30, 0)):
            known = self._known(day, back)
            lines.append(self._line(known.customer_id, _at(day, -dated, 12), known.order_id, kind="more of an order"))
        return lines

    def _corrections(self, day):
        """Orders of the evening, cancelled the next night; a line of yesterday taken back, and one where nothing is equal."""
        cancelled = [self._line(self._someone(), _at(day, 0, 21), f"{next(self._orders)}", kind="cancelled later") for _ in range(2)]
        back = [_undone(line, _at(day, 1, 8), "C" + line.order_id, "cancelled") for line in cancelled]
        # Some write the quantity of a cancelled order as it was.
        back[1] = back[1]._replace(quantity=cancelled[1].quantity)
        self._tomorrow += back
        taken, wrong = self._take(day, 1), self._take(day, 1)
        return [
            *cancelled,
            _undone(taken, _at(day, 0, 0), f"{next(self._orders)}", "taken back"),
            _undone(wrong, _at(day, 0, 7), f"{next(self._orders)}", "taken back in part")._replace(quantity="-7"),
        ]

    def _returns(self, day):
        """Of orders too long ago to void them; and one of days ago that should have been known the same day."""
        old = [self._take(day, back) for back in (9, 20, 40)]
        lines = [_undone(line, _at(day, 0, 15), "C" + line.order_id, "returned") for line in old]
        late = self._take(day, 4)
        return [*lines, _undone(late, _at(day, -4, 23), "C" + late.order_id, "voided late")]

    def _rematched(self, day):
        """A return takes the purchase before it, until an equal purchase between the two comes in a night late."""
        first = self._line(self._someone(), _at(day, 0, 10), f"{next(self._orders)}", kind="rematched")
        again = first._replace(ordered_at=_at(day, 0, 14), order_id=f"{next(self._orders)}")
        back = _undone(first, _at(day, 0, 16), f"C{next(self._orders)}", "rematched")
        self._tomorrow.append(again._replace(ordered_at=_at(day, 0, 15), order_id=f"{next(self._orders)}", kind="comes between"))
        lonely = self._line(self._someone(), _at(day, 0, 11), f"{next(self._orders)}", kind="comes after its return")
        self._tomorrow.append(lonely)
        return [first, again, back, _undone(lonely, _at(day, 0, 17), f"C{lonely.order_id}", "comes before its purchase")]

    def _rejected(self, day):
        """One line of each kind that does not count, and one with two reasons."""
        fine = self._line(self._someone(), _at(day, 0, 13), f"{next(self._orders)}", kind="rejected")
        changes = (
            {"customer_id": ""},
            {"quantity": "0"},
            {"quantity": ""},
            {"quantity": "some"},
            {"unit_price": "0.00"},
            {"unit_price": "-4.50"},
            {"unit_price": "free"},
            {"ordered_at": ""},
            {"ordered_at": "tomorrow"},
            {"product_id": "POST", "category": ""},
            {"customer_id": "", "product_id": "POST", "category": ""},
        )
        return [fine._replace(**change) for change in changes]

    def _fleeting(self, day):
        """Somebody who only bought what was voided, somebody whose lines are all rejected, and a line without an order's number."""
        voided = self._line(self._person(), _at(day, 0, 9), f"{next(self._orders)}", kind="only voided")
        rejected = self._line(self._person(), _at(day, 0, 9), f"{next(self._orders)}", kind="only rejected")._replace(quantity="0")
        unnumbered = self._line(self._someone(), _at(day, 0, 18), "", kind="no order number")
        comes_back = self._person()
        # Nothing but a return today, and a purchase tomorrow: out of the unsegmented and into a segment.
        returned = self._line(comes_back, _at(day, 0, 9), f"C{next(self._orders)}", kind="only returned")
        self._tomorrow.append(self._line(comes_back, _at(day, 1, 9), f"{next(self._orders)}", kind="has bought at last"))
        undone = _undone(voided, _at(day, 0, 19), "C" + voided.order_id, "only voided")
        return [voided, undone, rejected, unnumbered, returned._replace(quantity="-1")]

    def _too_late(self, day):
        """So old that nobody can say any more what it voids but who reads everything."""
        known = self._take(day, 20)
        return [_undone(known, _at(day, -20, 23), "C" + known.order_id, TOO_LATE)]

    def _order(self, day, customer=None, kind="purchase"):
        customer = customer or self._someone()
        number, at = f"{next(self._orders)}", day + timedelta(seconds=self.draw.randrange(8 * 3600, 20 * 3600))
        lines = [self._line(customer, _text(at), number, kind) for _ in range(self.draw.randint(1, MOST_LINES))]
        self._bought[day.date()] += lines
        return lines

    def _line(self, customer, at, order, kind):
        product, category, price = self.draw.choice(PRODUCTS)
        return Line(customer, at, order, product, category, str(self.draw.choice((1, 1, 2, 3))), price, kind)

    def _known(self, day, back):
        return self.draw.choice(self._bought[(day - timedelta(days=back)).date()])

    def _take(self, day, back):
        """A line bought so many days ago, which nobody returns a second time."""
        line = self._known(day, back)
        self._bought[(day - timedelta(days=back)).date()].remove(line)
        return line

    def _someone(self):
        return self.draw.choice(self.active)

    def _person(self):
        return f"{17_000 + next(self._people)}"


def is_too_late(number):
    """Whether the lines of that night reach back too far for it to be joined to the others."""
    return number % 13 == 3


def write(lines, file):
    """Lines as a file of the log, with a header even where there are none."""
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([COLUMNS, *(line[: len(COLUMNS)] for line in lines)])


def _undone(line, at, order, kind):
    return line._replace(ordered_at=at, order_id=order, quantity=f"-{line.quantity}", kind=kind)


def _at(day, days, hour):
    return _text(day + timedelta(days=days, hours=hour, minutes=30))


def _text(at):
    return at.strftime("%Y-%m-%d %H:%M:%S")
