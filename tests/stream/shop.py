"""A shop's log as messages: sent in any order within a day, some of them twice, and some with what a stream has to mind."""

import csv
import io
import json
import os
import random
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

FIRST_DAY, DAYS, CUSTOMERS = datetime(2026, 1, 5), 42, 60
KINDS = {"Kitchen": 2.5, "Toys": 12.0, "Garden": 40.0}
HEADER = ("line", "order", "who", "when", "what", "kind", "units", "price")

CONFIG = """
input:
  format: csv
  path: {log}
  timestamp_format: yyyy-MM-dd HH:mm:ss
  columns: {{order_id: order, customer_id: who, ordered_at: when, product_id: what, category: kind, quantity: units, unit_price: price}}
rules: {{cancelled_order_prefix: C}}
features: {{exact_products_max_lines: 0}}
clustering: {{k: 3, k_max: 4, n_init: 1, n_bootstrap: 3, n_references: 2, max_iter: 5, min_segment_share: 0}}
privacy: {{min_group_size: 1}}
stream: {{line_id: [line], csv_columns: [line, order, who, when, what, kind, units, price], max_files_per_trigger: 1}}
output: {{path: {output}}}
"""


@dataclass(frozen=True)
class Line:
    """One line of the log, every value as its text."""

    line: str
    order: str
    who: str
    when: str
    what: str
    kind: str
    units: str
    price: str

    def as_json(self):
        return json.dumps(asdict(self)).encode()

    def as_row(self):
        return row_of(asdict(self).values()).encode()


def row_of(values):
    """A CSV row, quoted where it must be."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue()


def days_of_lines(seed=1):
    """Lines of each day: purchases; returns of the day before, some in time to void and some not; equal lines of one order; orders
    that get another line weeks later; a guest, a wrong date and a line of nothing."""
    drawn, days, number = random.Random(seed), [], 0
    for day in range(DAYS):
        lines = []
        for basket in range(12):
            who = int(CUSTOMERS * drawn.random() ** 2)
            kind = list(KINDS)[(who + (drawn.random() < 0.2)) % len(KINDS)]
            at = FIRST_DAY + timedelta(days=day, minutes=60 * basket + drawn.randint(0, 59))
            for item in range(drawn.randint(1, 3)):
                price = f"{KINDS[kind] + who % 5:.2f}"
                lines.append(Line("", f"{day}-{basket}", f"c{who}", str(at), f"{kind}-{item}", kind, str(drawn.randint(1, 2)), price))
        if day:
            lines += [_back(line, timedelta(hours=10 + 9 * place)) for place, line in enumerate(days[-1][-14:-10])]
        if day > 30:
            lines.append(replace(days[day - 25][0], when=str(FIRST_DAY + timedelta(days=day, hours=9)), what="Toys-9"))
        lines += [lines[0], replace(lines[1], who=""), replace(lines[2], when="soon"), replace(lines[3], units="0")]
        # A line that a message tells later than all others of its day, and of the six days before.
        lines.append(replace(lines[4], when=str(FIRST_DAY + timedelta(days=max(day - 5, 0), hours=8)), order=f"late-{day}"))
        days.append([replace(line, line=str(number + place)) for place, line in enumerate(lines)])
        number += len(lines)
    return days


def _back(line, after):
    at = datetime.fromisoformat(line.when) + after
    return replace(line, order=f"C{line.order}", when=str(at), units=f"-{line.units}")


def as_sent(days, seed=2, twice=0.05):
    """The same lines as they are sent: in any order within a day, and some again, that day or the next."""
    drawn, sent, again = random.Random(seed), [], []
    for lines in days:
        doubled = [line for line in lines if drawn.random() < twice]
        here, later = doubled[::2], doubled[1::2]
        messages = [*lines, *here, *again]
        drawn.shuffle(messages)
        sent.append(messages)
        again = later
    sent[-1] += again
    return sent


def write_file(folder, number, lines):
    """One file of a log, with its place in the order of files as its time of change."""
    path = folder / f"part{number:03d}.csv"
    path.write_text("\n".join(map(row_of, [HEADER, *(asdict(line).values() for line in lines)])) + "\n")
    stamp = 1_772_500_000 + 60 * number  # in March 2026, when all lines have been written
    os.utime(path, (stamp, stamp))


def write_files(folder, days, files):
    """Days gathered to so many files."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        part = days[number * len(days) // files : (number + 1) * len(days) // files]
        write_file(folder, number, [line for lines in part for line in lines])


def settings_file(folder, log, output):
    """A YAML file of settings, and its path."""
    path = folder / "settings.yaml"
    path.write_text(CONFIG.format(log=log, output=output))
    return path
