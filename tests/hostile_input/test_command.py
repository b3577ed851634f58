"""The command ends bad input in its exit code and a message that says what is wrong, or publishes exactly what can be counted."""

import gzip
import json
from decimal import Decimal

import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from hostile_input import parquet_files, text_files
from hostile_input.ending import COLUMNS
from hostile_input.lines import cases
from hostile_input.test_lines import NUMBERED, WRITERS
from segmentation.cli.app import app

CONFIG = {
    "input": {"format": "csv", "columns": COLUMNS, "timestamp_format": "yyyy-MM-dd HH:mm:ss"},
    "rules": {"max_rejected_share": 1.0},
    "features": {"as_of": "2024-03-02"},
    "clustering": {"k_min": 2, "k_max": 2, "n_init": 1, "min_segment_share": 0, "n_bootstrap": 2, "n_references": 2},
    "privacy": {"min_group_size": 1},
}


@pytest.fixture
def attempt(spark, tmp_path, monkeypatch):
    """Run the main job on files, as a user would."""
    monkeypatch.setattr("segmentation.cli.app.start_session", lambda *_: spark)

    def run(files, *arguments, config=CONFIG):
        for name, content in files.items():
            (tmp_path / "log" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "log" / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        path = tmp_path / "conf.yaml"
        path.write_bytes(config if isinstance(config, bytes) else json.dumps(config).encode())
        places = ["--input", str(tmp_path / "log"), "--output", str(tmp_path / "out")]
        return CliRunner().invoke(app, ["segment", "--config", str(path), *places, *arguments])

    return run


def _refused(result, code, *words):
    said = result.output
    assert result.exit_code == code, said + repr(result.exception)
    assert [word for word in words if word not in said] == [], said
    assert [sign for sign in ("Traceback", "at org.apache", "Py4J") if sign in said] == []


PARQUET = ("--set", "input.format=parquet", "--set", "input.timestamp_format=null")
REFUSED = {
    "utf-16": ({"log.csv": text_files.LOG.encode("utf-16")}, (), ("UTF-16", "input.options.encoding")),
    "a folder below": ({"a.csv": text_files.LOG, "more/b.csv": text_files.LOG}, (), ("1 of 2 files", "recursiveFileLookup")),
    "a gzip cut off": ({"log.csv.gz": gzip.compress(text_files.LOG.encode())[:-5]}, (), ("log.csv.gz", "ends too early")),
    "another order of columns": (
        {"a.csv": text_files.LOG, "b.csv": text_files.LOG.replace("order,who", "who,order")},
        (),
        ("header differs",),
    ),
    "nothing at all": ({"log.csv": ""}, (), ("without even a header",)),
    "types that change": (
        {
            "a.parquet": parquet_files.content(parquet_files.table()),
            "b.parquet": parquet_files.content(parquet_files.table(units=parquet_files.many("2"))),
        },
        PARQUET,
        ("another type", "b.parquet"),
    ),
    "a column missing in one file": (
        {"a.parquet": parquet_files.content(parquet_files.table()), "b.parquet": parquet_files.content(parquet_files.table(order=None))},
        PARQUET,
        ("'order' is missing in 1 of 2 files",),
    ),
    "Parquet cut off": ({"a.parquet": parquet_files.content(parquet_files.table(500))[:-100]}, PARQUET, ("a.parquet", "Parquet")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_input_that_cannot_be_used_ends_with_code_3(attempt, name):
    files, arguments, words = REFUSED[name]
    _refused(attempt(files, *arguments), 3, *words)


def test_reader_options_that_spark_does_not_take_end_with_code_2(attempt):
    _refused(attempt({"log.csv": text_files.LOG}, "--set", "input.options={encoding: UTF-99}"), 2, "input.options", "UTF-99")


@pytest.mark.parametrize("config", [b"input: !!python/object/apply:os.system ['true']\n", b"input: &a [*a]\n", b"\xff\xfe"])
def test_a_hostile_settings_file_ends_with_code_2(attempt, config):
    _refused(attempt({"log.csv": text_files.LOG}, config=config), 2, "conf.yaml")


def test_a_last_day_that_no_day_follows_ends_with_code_3(attempt):
    lines = text_files.LOG + "o99,c9,9999-12-31 10:00:00,1,1,x\n"
    _refused(attempt({"log.csv": lines}, "--set", "features.as_of=null"), 3, "9999-12-31", "Set features.as_of")


def test_more_money_than_the_tables_hold_ends_with_code_3(attempt):
    line = "o1,c1,2024-01-01 10:00:00,1000000000,1,x\n"
    _refused(attempt({"log.csv.gz": gzip.compress((text_files.HEADER + line * 100_001).encode())}), 3, "more than the tables can hold")


def test_a_message_repeats_no_field_at_length(attempt):
    lines = text_files.HEADER + text_files.line(1).replace("2024", "2" * 1_000_000)
    result = attempt({"log.csv": lines}, "--set", "rules.max_rejected_share=0")
    _refused(result, 3, "unreadable_date")
    assert len(result.output) < 4_000


def test_a_log_of_every_line_there_is_is_published_with_exactly_what_counts(attempt, tmp_path):
    within = {name: fields for name, fields in NUMBERED.items() if not fields["when"] > "2024-03-02"}
    assert len(within) > len(NUMBERED) * 0.9
    result = attempt({"log.csv": WRITERS["csv"](list(within.values()))})
    assert result.exit_code == 0, result.output
    expected = {f"case {n}": (reasons, amount) for n, (_, _, _, reasons, amount) in enumerate(cases()) if f"case {n}" in within}
    rows = parquet.read_table(tmp_path / "out" / "current" / "accounting").to_pylist()
    lines = {(row["outcome"], row["reason"]): row for row in rows if row["subject"] == "lines"}
    assert lines["read", None]["count"] == len(expected)
    assert lines["read", None]["amount"] == sum((amount for _, amount in expected.values() if amount is not None), Decimal(0))
    for reason in {reasons[0] for reasons, _ in expected.values() if reasons}:
        mine = [amount for reasons, amount in expected.values() if reasons[:1] == [reason]]
        assert (lines["rejected", reason]["count"], lines["rejected", reason]["amount"]) == (len(mine), sum(filter(None, mine), Decimal(0)))
    accepted = [amount for reasons, amount in expected.values() if not reasons]
    counted_rows = [row for (outcome, _), row in lines.items() if outcome in ("accepted", "voided")]
    counted = sum(row["count"] for row in counted_rows), sum(row["amount"] for row in counted_rows)
    assert counted == (len(accepted), sum(accepted, Decimal(0)))
