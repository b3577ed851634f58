"""Whatever the lines: all are accounted for, and neither their order, nor their files, nor a second copy changes what it should not.

Many small logs go through Spark as one frame: the customers, orders and texts of each begin with its number.
"""

import csv
from collections import Counter
from decimal import Decimal

import pyarrow as arrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingest.logs import read_validated_lines
from pyspark.sql import functions as F

from hostile_input import oracle
from hostile_input.ending import COLUMNS, PATTERN
from hostile_input.lines import FIELDS
from segmentation.ingest.accounting import count_rejections, summarize_orders
from segmentation.ingest.line_profile import overview, profile_lines
from segmentation.ingest.lines import typed_lines
from segmentation.ingest.orders import aggregate_orders
from segmentation.ingest.returns import ReturnKeys, return_key, with_voided
from segmentation.ingest.rules import rejected_lines, with_rejection
from segmentation.ingest.validation import accepted_lines
from segmentation.session import required_conf
from segmentation.settings import settings_from_dict

LOGS = 20
OURS = dict(zip((*COLUMNS.values(),), COLUMNS, strict=True))

# Unicode grew by these between the versions that Java 17 and Python know.
_signs = st.characters(max_codepoint=0xFFFF, exclude_categories=("Cs", "Cn"), exclude_characters="\u0890\u0891\r\n")
_any_text = st.text(_signs, max_size=6)
_who = st.sampled_from(["{}1", "{}1", "{}2", " {}1", "{}1.0", "{}1\u200b", "", "null", "{}\ufffd"]) | _any_text.map(
    lambda text: "{}" + _plain(text)
)
_order = st.sampled_from(["{}a", "{}A", "{}b", "", "{}\x00b"]) | _any_text.map(lambda text: "{}" + _plain(text))
_days = [f"2024-03-0{day} {hour}:00:00" for day in (1, 2) for hour in ("09", "10")]
_when = (
    st.sampled_from([*_days, *_days, "2024-03-04 09:00:00", "1582-10-10 00:00:00", "2024-02-30 00:00:00", "", "0000-01-01 00:00:00"])
    | _any_text
)
_units = st.sampled_from(["1", "1", "-1", "-1", "2", "-2", "1.0", "1e0", "0", "", "1,0", "x", "1d", "1000000000"]) | _any_text
_price = st.sampled_from(["1.5", "1.5", "1.50", "2", "0.0001", "0", "-1", "", "1e400", "NaN"]) | _any_text
_line = st.fixed_dictionaries({"order": _order, "who": _who, "when": _when, "units": _units, "price": _price})
_log = st.lists(_line, max_size=9)
_logs = st.lists(_log, min_size=LOGS, max_size=LOGS)


def _plain(text):
    return text.replace("{", "").replace("}", "")


def numbered(log, number, copy=1):
    """The lines of a log under a number of its own; another copy has other customers."""
    prefix = f"{copy}{number:03d}7"
    return [
        {**{name: text.format(prefix) if name in ("who", "order") else text for name, text in line.items()}, "what": prefix} for line in log
    ]


def chosen(duplicates="keep", path="log"):
    log = {"format": "csv", "path": str(path), "columns": COLUMNS, "timestamp_format": PATTERN, "options": {"multiLine": True}}
    return settings_from_dict({"input": log, "rules": {"exact_duplicates": duplicates}})


def judged_frame(spark, lines, log_settings):
    table = arrow.table({OURS[name]: arrow.array([line[name] for line in lines], arrow.string()) for name in FIELDS})
    log = spark.createDataFrame(table).withColumn("record", F.lit(None).cast("string"))
    return with_rejection(typed_lines(log.select(*COLUMNS, "record"), log_settings.log, log_settings.rules), log_settings)


class Outcome:
    """What became of many logs: orders, rejections, and the totals of the accounting, all collected."""

    def __init__(self, judged):
        lines = judged.cache()
        accepted = accepted_lines(lines, ())
        keys = accepted.where("is_return").select(return_key().alias("return_key"))
        orders = aggregate_orders(with_voided(accepted, ReturnKeys(keys, keys.count()), 24, lambda frame: frame), ()).cache()
        times = [F.col(name).cast("string").alias(name) for name in ("voided_at", "ordered_at", "last_line_at")]
        sums = ("lines", "return_lines", "gross_e4", "returned_e4")
        prefix = F.substring("customer_id", 1, 5)
        rows = orders.select(prefix.alias("log"), "customer_id", "order_id", *times, *sums).collect()
        self.orders = {tuple(row[:6]): row[6:] for row in rows}
        why = F.array_join("reasons", "+")
        rejected_rows = (
            lines.where("is_rejected")
            .groupBy("description", why.alias("why"))
            .agg(F.count(F.lit(1)).alias("n"), F.sum("amount_e4").alias("e4"))
        )
        self.rejected = {(row.description, row.why): (row.n, row.e4 or 0) for row in rejected_rows.collect()}
        self.read, self.totals = overview(profile_lines(lines)).totals, summarize_orders(orders).totals
        self.rejections = count_rejections(rejected_lines(lines))
        lines.unpersist()
        orders.unpersist()

    def of(self, copy):
        """Orders and rejections of one copy, under the numbers of the first."""
        orders = {
            (f"1{log[1:]}", f"1{who[1:]}", _first(order), *rest): sums
            for (log, who, order, *rest), sums in self.orders.items()
            if log[0] == copy
        }
        return orders, {(f"1{log[1:]}", why): sums for (log, why), sums in self.rejected.items() if log[0] == copy}


def _first(order):
    """A day is the order where the log has no number, and has no number of a copy."""
    return order if order[4:5] == "-" else f"1{order[1:]}"


def _accounted(outcome, lines):
    """The accounting adds up, and is what the oracle counts."""
    judgements = [(line["what"], *oracle.judged(line)) for line in lines]
    accepted = [tally for (kind, _), tally in outcome.totals.items() if kind in ("accepted", "voided")]
    rejected = outcome.rejections.total()
    assert outcome.read.lines == len(lines) == rejected.lines + sum(tally.lines for tally in accepted)
    assert outcome.read.amount_e4 == rejected.amount_e4 + sum(tally.amount_e4 for tally in accepted)
    assert {key: count for key, (count, _) in outcome.rejected.items()} == Counter(
        (what, "+".join(why)) for what, why, _ in judgements if why
    )
    assert outcome.read.amount_e4 == sum(((amount or Decimal(0)) for *_, amount in judgements), Decimal(0)) * 10_000


def _doubled(sums):
    return {key: tuple(2 * number for number in numbers) for key, numbers in sums.items()}


def _with_copies(logs, shuffled):
    """All logs, the same in another order under another number, and each twice under a third."""
    first = [line for number, log in enumerate(logs) for line in numbered(log, number)]
    moved = [line for number, log in enumerate(logs) for line in numbered(shuffled[number], number, 2)]
    twice = [line for number, log in enumerate(logs) for line in numbered(log, number, 3) * 2]
    return first + moved + twice


@st.composite
def _cases(draw):
    logs = draw(_logs)
    return logs, [draw(st.permutations(log)) for log in logs]


def _check_lines(spark, case):
    lines = _with_copies(*case)
    with required_conf(spark):
        outcome = Outcome(judged_frame(spark, lines, chosen()))
    _accounted(outcome, lines)
    (orders, rejected), moved, (twice, twice_rejected) = (outcome.of(copy) for copy in "123")
    assert moved == (orders, rejected)
    assert (twice, twice_rejected) == (_doubled(orders), _doubled(rejected))


def _check_duplicates(spark, case):
    with required_conf(spark):
        outcome = Outcome(judged_frame(spark, _with_copies(*case), chosen("reject")))
    (orders, rejected), moved, (twice, twice_rejected) = (outcome.of(copy) for copy in "123")
    assert moved == (orders, rejected)
    assert twice == orders
    assert _once(twice_rejected) == _once(rejected)
    once, both = (
        sum(count for count, _ in rejections.values()) + sum(row[0] for row in rows.values())
        for rows, rejections in ((orders, rejected), (twice, twice_rejected))
    )
    assert both == 2 * once


def _once(rejected):
    return {key: sums for key, sums in rejected.items() if "exact_duplicate" not in key[1]}


def _check_files(spark, folder, case, parts):
    logs, shuffled = case
    whole = [line for number, log in enumerate(logs) for line in numbered(log, number)]
    moved = [line for number, log in reversed(list(enumerate(shuffled))) for line in numbered(log, number)]
    for part in range(parts):
        with open(folder / f"{parts - part}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, FIELDS, quoting=csv.QUOTE_ALL, lineterminator="\n")
            writer.writeheader()
            writer.writerows(moved[part::parts])
    with required_conf(spark):
        apart, together = Outcome(read_validated_lines(spark, chosen(path=folder))), Outcome(judged_frame(spark, whole, chosen()))
    assert apart.of("1") == together.of("1")
    assert (apart.read, apart.totals, apart.rejections) == (together.read, together.totals, together.rejections)


_quiet = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True, "database": None}
TWO_EXAMPLES, FORTY_EXAMPLES = settings(max_examples=2, **_quiet), settings(max_examples=40, **_quiet)


@TWO_EXAMPLES
@given(_cases())
def test_any_lines_are_accounted_for_and_neither_order_nor_a_second_copy_changes_more_than_it_should(spark, case):
    _check_lines(spark, case)


@TWO_EXAMPLES
@given(_cases())
def test_a_second_copy_of_a_log_changes_nothing_but_the_accounting_where_duplicates_are_rejected(spark, case):
    _check_duplicates(spark, case)


@TWO_EXAMPLES
@given(_cases(), st.integers(1, 6))
def test_lines_split_over_files_are_the_same_lines(spark, tmp_path_factory, case, parts):
    _check_files(spark, tmp_path_factory.mktemp("parts"), case, parts)


@pytest.mark.exhaustive
@FORTY_EXAMPLES
@given(_cases(), st.integers(1, 6))
def test_the_same_for_many_more_logs(spark, tmp_path_factory, case, parts):
    _check_lines(spark, case)
    _check_duplicates(spark, case)
    _check_files(spark, tmp_path_factory.mktemp("parts"), case, parts)
