"""A small shop whose log grows by a file a night, and the settings and commands of its runs."""

import json
import os
import random
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

HEADER = "order,who,when,what,kind,units,price"
FIRST_DAY, FIRST_DAYS, LINES_A_DAY = datetime(2026, 1, 5), 40, 40
KINDS = {"Kitchen": 2.5, "Toys": 12.0, "Garden": 40.0}
CUSTOMERS = 90

CONFIG = """
input:
  format: csv
  path: {log}
  incremental: {incremental}
  timestamp_format: yyyy-MM-dd HH:mm:ss
  columns: {{order_id: order, customer_id: who, ordered_at: when, product_id: what, category: kind, quantity: units, unit_price: price}}
rules: {{cancelled_order_prefix: C}}
features: {{exact_products_max_lines: 0}}
clustering: {{k: 3, k_max: 4, n_init: 1, n_bootstrap: 3, n_references: 2, max_iter: 5, min_segment_share: 0}}
privacy: {{min_group_size: 1}}
output: {{path: {output}}}
"""
DRIVER = Path(__file__).with_name("driver.py")


def add_night(log, number):
    """One more file: number 0 holds forty days, others one day each, with returns of the evening before, a guest and a wrong date."""
    drawn = random.Random(number)
    first = 0 if number == 0 else FIRST_DAYS - 1 + number
    days = range(first, first + (FIRST_DAYS if number == 0 else 1))
    lines = [line for day in days for line in _day(drawn, day)]
    if number:
        lines += [_back(line) for line in _day(random.Random(number - 1), first - 1)[-4:]] if number > 1 else []
        lines += [re.sub(",c[0-9]+,", ",,", lines[0]), lines[1].replace("2026-", "soon-", 1)]
    (log / f"night{number}.csv").write_text("\n".join([HEADER, *lines]) + "\n")


def _day(drawn, day):
    lines = []
    for number in range(LINES_A_DAY):
        who = int(CUSTOMERS * drawn.random() ** 2)
        kind = list(KINDS)[(who + (drawn.random() < 0.2)) % len(KINDS)]
        at = FIRST_DAY + timedelta(days=day, minutes=20 * number + 600 // LINES_A_DAY)
        units, price = drawn.randint(1, 3), KINDS[kind] + who % 5
        lines.append(f"{day}-{who},c{who},{at},{kind}-{who % 7},{kind},{units},{price:.2f}")
    return lines


def _back(line):
    order, who, at, what, kind, units, price = line.split(",")
    later = datetime.fromisoformat(at) + timedelta(hours=10)
    return f"C{order},{who},{later},{what},{kind},-{units},{price}"


def settings_file(folder, log, output, incremental=True):
    """A YAML file of settings, and its path."""
    path = folder / "settings.yaml"
    path.write_text(CONFIG.format(log=log, output=output, incremental=str(incremental).lower()))
    return path


def environment():
    """Of a process that finds this package and its tests, and starts quickly."""
    path = os.pathsep.join(map(str, (DRIVER.parents[1], DRIVER.parents[2])))
    return {
        **os.environ,
        "PYTHONPATH": path,
        "SEGMENTATION_DRIVER_GB": "2",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
    }


def watched(plan, *arguments):
    """`segmentation` with arguments, killed or paused at a step: see `driver.py`."""
    return [sys.executable, str(DRIVER), json.dumps(plan), *map(str, arguments)]


def started(command):
    """A process in a group of its own, with Java in it."""
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), start_new_session=True)


def ended(process, seconds=400):
    """How a process ends, and what it has said until then."""
    said, complained = process.communicate(timeout=seconds)
    return process.returncode, said, complained
