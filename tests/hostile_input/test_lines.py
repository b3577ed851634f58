"""A line with one thing wrong is accepted or rejected for just that, whichever format it comes in, and all lines add up."""

import csv
import io
import json
from collections import Counter
from decimal import Decimal

import pyarrow as arrow
import pytest
from ingest.logs import read_validated_lines
from pyarrow import parquet
from pyspark.sql import functions as F

from hostile_input import oracle
from hostile_input.ending import settings_of
from hostile_input.lines import FIELDS, GOOD, IDS, cases, flipped
from segmentation.ingest.accounting import LineTotals, count_rejections, summarize_orders
from segmentation.ingest.line_profile import overview, profile_lines
from segmentation.ingest.orders import aggregate_orders
from segmentation.ingest.rules import rejected_lines
from segmentation.ingest.validation import accepted_lines
from segmentation.session import required_conf

CASES = cases()
NUMBERED = {f"case {number}": fields | {"what": f"case {number}"} for number, (_, _, fields, *_) in enumerate(CASES)}
FLIPPED = flipped(120)
FORMATS = ("csv", "json", "parquet")


def _csv(rows):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, FIELDS, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _json(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _parquet(rows):
    content = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist(rows), content)
    return content.getvalue()


WRITERS = {"csv": _csv, "json": _json, "parquet": _parquet}


def _lines(spark, settings):
    # As text: a collected timestamp would turn to the time zone of this machine.
    return read_validated_lines(spark, settings).withColumn("time", F.date_format("ordered_at", "yyyy-MM-dd HH:mm:ss")).drop("ordered_at")


@pytest.fixture(scope="module", params=FORMATS)
def judged(spark, tmp_path_factory, request):
    """By case, the line as judged; read once for each format."""
    path = tmp_path_factory.mktemp("lines") / f"log.{request.param}"
    path.write_bytes(WRITERS[request.param](list(NUMBERED.values())))
    with required_conf(spark):
        rows = _lines(spark, settings_of(path, format=request.param)).collect()
    return {row.description: row for row in rows}


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{kind}: {name}" for kind, name, *_ in CASES])
def test_a_line_is_rejected_for_what_is_wrong_with_it_and_nothing_else(judged, number):
    _, _, _, reasons, amount = CASES[number]
    line = judged[f"case {number}"]
    assert (line.reasons or [], line.is_rejected) == (reasons, bool(reasons))
    assert line.amount_e4 == (None if amount is None else int(amount * 10_000))


@pytest.mark.parametrize("text", IDS, ids=ascii)
def test_a_customer_is_who_is_seen(judged, text):
    number = next(number for number, (_, _, fields, *_) in enumerate(CASES) if fields["who"] == text)
    assert judged[f"case {number}"].customer_id == (None if IDS[text] in ("guest", "unreadable_id") else IDS[text])


def test_times_are_what_they_say_whatever_the_zone_and_the_calendar_in_use(judged):
    readable = {f"case {n}": fields["when"] for n, (kind, _, fields, reasons, _) in enumerate(CASES) if kind == "dates" and not reasons}
    assert {name: judged[name].time for name in readable} == readable
    assert len(readable) >= 10


@pytest.mark.parametrize("case", CASES, ids=[f"{kind}: {name}" for kind, name, *_ in CASES])
def test_the_rules_written_a_second_time_say_the_same(case):
    _, _, fields, reasons, amount = case
    assert oracle.judged(fields) == (reasons, amount)


def test_the_accounting_of_all_of_them_adds_up_to_what_the_oracle_counts(spark, tmp_path):
    (tmp_path / "log.csv").write_bytes(_csv(NUMBERED.values()))
    judgements = [oracle.judged(fields) for fields in NUMBERED.values()]
    settings = settings_of(tmp_path)
    with required_conf(spark):
        lines = read_validated_lines(spark, settings).cache()
        read, rejected = overview(profile_lines(lines)).totals, count_rejections(rejected_lines(lines))
        stock = summarize_orders(aggregate_orders(accepted_lines(lines, ()).selectExpr("*", "CAST(NULL AS TIMESTAMP) AS voided_at"), ()))
    assert read == LineTotals(len(judgements), _e4(amount for _, amount in judgements))
    assert {reasons: tally.lines for reasons, tally in rejected.by_reasons.items()} == Counter(tuple(r) for r, _ in judgements if r)
    assert rejected.total().amount_e4 == _e4(amount for reasons, amount in judgements if reasons)
    assert sum(tally.lines for tally in stock.totals.values()) == sum(not reasons for reasons, _ in judgements)
    assert sum(tally.amount_e4 for tally in stock.totals.values()) == _e4(amount for reasons, amount in judgements if not reasons)


def _e4(amounts):
    return int(sum((amount for amount in amounts if amount is not None), Decimal(0)) * 10_000)


@pytest.fixture(scope="module")
def judged_flips(spark, tmp_path_factory):
    """By line, what became of those in which a bit is turned over."""
    path = tmp_path_factory.mktemp("flips") / "log.csv"
    lines = b"".join(line + f",flip {number}\n".encode() for number, line in enumerate(FLIPPED))
    path.write_bytes(",".join(FIELDS).encode() + b"\n" + lines)
    with required_conf(spark):
        rows = _lines(spark, settings_of(path)).collect()
    return {(row.record or row.description).rpartition(",")[2]: row for row in rows}


@pytest.mark.parametrize("number", range(len(FLIPPED)), ids=[f"bytes flipped: {line!r}" for line in FLIPPED])
def test_a_line_with_a_bit_turned_over_is_judged_by_what_it_says_now(judged_flips, number):
    values = FLIPPED[number].decode(errors="replace").split(",")
    line = judged_flips[f"flip {number}"]
    if len(values) != len(GOOD):
        assert line.reasons == ["unreadable_record"]
        return
    reasons, amount = oracle.judged(dict(zip(GOOD, values, strict=True)))
    assert (line.reasons or [], line.amount_e4) == (reasons, None if amount is None else int(amount * 10_000))


def test_the_clock_of_the_machine_does_not_matter(spark, tmp_path):
    (tmp_path / "log.csv").write_bytes(_csv(NUMBERED.values()))
    zones = spark._jvm.java.util.TimeZone
    before = zones.getDefault()
    try:
        results = []
        for zone in ("Europe/Berlin", "America/St_Johns", "Pacific/Apia"):
            zones.setDefault(zones.getTimeZone(zone))
            with required_conf(spark):
                rows = _lines(spark, settings_of(tmp_path)).select("description", "time", "amount_e4").orderBy("description").collect()
            results.append(rows)
    finally:
        zones.setDefault(before)
    assert results[0] == results[1] == results[2]
    assert {row.description: row.time for row in results[0]}["case 0"] is not None
