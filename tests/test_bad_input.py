"""What a user did wrong ends in one clear message and its exit code; nothing published changes."""

import gzip
import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from segmentation.cli.app import app

HEADER = "order,who,when,units,price\n"
LINES = "".join(f"{n},c{n % 4},2024-01-{1 + n % 28:02d} 10:00:00,{1 + n % 3},2.50\n" for n in range(40))
CONFIG = """
input:
  format: csv
  path: {path}
  options: {options}
  timestamp_format: yyyy-MM-dd HH:mm:ss
  columns: {{order_id: order, customer_id: who, ordered_at: when, quantity: units, unit_price: price}}
clustering: {{k_min: 2, k_max: 3, n_init: 1, min_segment_share: 0}}
privacy: {{min_group_size: 1}}
output: {{path: {output}}}
"""


@pytest.fixture
def attempt(spark, tmp_path, monkeypatch):
    """Run the job as a user would: on a path, with other options or settings."""
    monkeypatch.setattr("segmentation.cli.app.start_session", lambda *_: spark)

    def run(path, *arguments, options="{}", output=None):
        config = tmp_path / "conf.yaml"
        config.write_text(CONFIG.format(path=path, options=options, output=output or tmp_path / "out"))
        return CliRunner().invoke(app, ["segment", "--config", str(config), *arguments])

    return run


@pytest.fixture
def log(tmp_path):
    folder = tmp_path / "log"
    folder.mkdir()
    (folder / "a.csv").write_text(HEADER + LINES)
    return folder


def refused(result, code, *words):
    """The exit code, every word of the message, and no stack trace."""
    said = result.output
    assert result.exit_code == code, said + repr(result.exception)
    assert [word for word in words if word not in said] == [], said
    assert "Traceback" not in said
    assert "at org.apache" not in said
    return True


def test_a_good_log_is_published(attempt, log, tmp_path):
    result = attempt(log)
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "out" / "current.json").read_text())["as_of"] == "2024-01-29"


def test_a_missing_file(attempt, tmp_path):
    assert refused(attempt(tmp_path / "nowhere.csv"), 3, "nowhere.csv", "no such file or folder", "input.path")


def test_an_empty_folder(attempt, tmp_path):
    (tmp_path / "bare").mkdir()
    assert refused(attempt(tmp_path / "bare"), 3, "bare", "an empty folder")


def test_a_header_without_lines(attempt, tmp_path):
    (tmp_path / "header.csv").write_text(HEADER)
    assert refused(attempt(tmp_path / "header.csv"), 3, "holds no lines")


def test_a_truncated_gzip(attempt, tmp_path):
    whole = gzip.compress((HEADER + LINES * 200).encode())
    (tmp_path / "cut.csv.gz").write_bytes(whole[: len(whole) // 2])
    assert refused(attempt(tmp_path / "cut.csv.gz"), 3, "cut.csv.gz", "ends too early")


def test_a_gzip_that_is_none(attempt, tmp_path):
    (tmp_path / "plain.csv.gz").write_text(HEADER + LINES)
    assert refused(attempt(tmp_path / "plain.csv.gz"), 3, "plain.csv.gz", "not a gzip file")


def test_a_wrong_separator(attempt, tmp_path):
    (tmp_path / "semicolons.csv").write_text((HEADER + LINES).replace(",", ";"))
    assert refused(attempt(tmp_path / "semicolons.csv"), 3, "5 of 5 columns are missing", "single column", "input.options.sep")


def test_the_right_separator_after_all(attempt, tmp_path):
    (tmp_path / "semicolons.csv").write_text((HEADER + LINES).replace(",", ";"))
    assert attempt(tmp_path / "semicolons.csv", options="{sep: ';'}").exit_code == 0


def test_a_missing_column_names_the_nearest(attempt, tmp_path):
    (tmp_path / "renamed.csv").write_text(HEADER.replace("units", "unit") + LINES)
    assert refused(attempt(tmp_path / "renamed.csv"), 3, "1 of 5 columns", "'units'", "did you mean 'unit'?", "Found: 'order'")


def test_a_wholly_wrong_timestamp_format_stops_with_samples(attempt, log):
    result = attempt(log, "--set", "input.timestamp_format=dd/MM/yyyy")
    assert refused(result, 3, "40 of 40 lines", "unreadable_date", "2024-01-", "rules.max_rejected_share")
    assert "c1" not in result.output


def test_a_timestamp_format_that_is_none(attempt, log):
    assert refused(attempt(log, "--set", "input.timestamp_format=yyyy-bb-QQQQQQQ"), 2, "input.timestamp_format")


def test_no_customers_left(attempt, log):
    result = attempt(log, "--as-of", "2023-01-01")
    assert refused(result, 3, "no customers left")


def test_fewer_distinct_customers_than_segments(attempt, log):
    assert refused(attempt(log, "--set", "clustering.k=9"), 3, "4 customers", "9 segments")


def test_three_customers_are_too_small_a_group_to_hide_in(attempt, tmp_path):
    (tmp_path / "three.csv").write_text(HEADER + "".join(f"{n},c{n % 3},2024-01-{1 + n:02d} 10:00:00,{1 + n},2\n" for n in range(9)))
    result = attempt(tmp_path / "three.csv", "--set", "privacy.min_group_size=10")
    assert refused(result, 3, "fewer customers than privacy.min_group_size (10)")


def test_one_segment_is_no_segmentation(attempt, log):
    assert refused(attempt(log, "--set", "clustering.k=1"), 2, "clustering.k", "greater than or equal to 2")


def test_one_customer_only(attempt, tmp_path):
    (tmp_path / "one.csv").write_text(HEADER + "1,me,2024-01-01 10:00:00,1,2\n")
    assert refused(attempt(tmp_path / "one.csv"), 3, "only one customer")


def test_customers_all_alike(attempt, tmp_path):
    (tmp_path / "alike.csv").write_text(HEADER + "".join(f"{n},c{n},2024-01-01 10:00:00,1,2\n" for n in range(30)))
    assert refused(attempt(tmp_path / "alike.csv"), 3, "alike in every feature", "recency_days")


def test_an_unknown_settings_key_and_an_impossible_range(attempt, log):
    result = attempt(log, "--set", "clustering.n_bootstap=4", "--set", "clustering.k_min=99", "--set", "rules.void_within_hours=-1")
    assert refused(result, 2, "3 errors", "void_within_hours", "n_bootstap", "did you mean 'n_bootstrap'?", "k_min (99)")


def test_an_unwritable_output(attempt, log, tmp_path):
    (tmp_path / "taken").write_text("a file, no folder")
    assert refused(attempt(log, output=tmp_path / "taken"), 2, "output.path", "cannot be written", "--output")


def test_what_was_published_stays_after_a_failed_run(attempt, log, tmp_path):
    assert attempt(log).exit_code == 0
    before = (tmp_path / "out" / "current.json").read_text()
    assert attempt(log, "--set", "input.timestamp_format=dd/MM/yyyy").exit_code == 3
    assert (tmp_path / "out" / "current.json").read_text() == before
    assert len(list((tmp_path / "out" / "runs").iterdir())) == 1


@pytest.mark.parametrize(("version", "words"), [("11.0.2", "is version 11"), ("1.8.0_392", "is version 8")])
def test_a_java_too_old(log, tmp_path, version, words):
    java = tmp_path / "jdk" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    java.chmod(0o755)
    assert _without_session(tmp_path, log, JAVA_HOME=str(tmp_path / "jdk")) == (2, True, words)


def test_no_java(log, tmp_path):
    words = "there is no java on the PATH"
    assert _without_session(tmp_path, log, PATH=str(tmp_path)) == (2, True, words)


def _without_session(tmp_path, log, **environment):
    """Exit code of a process of its own, whether it speaks of Java 17, and the words looked for if they are there."""
    config = tmp_path / "conf.yaml"
    config.write_text(CONFIG.format(path=log, options="{}", output=tmp_path / "out"))
    inherited = {key: value for key, value in os.environ.items() if key != "JAVA_HOME"}
    command = [sys.executable, "-m", "segmentation.cli", "segment", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, env={**inherited, **environment}, check=False, timeout=120)
    said = done.stderr
    assert "Traceback" not in said
    known = ("there is no java on the PATH", "is version 11", "is version 8")
    return done.returncode, "Java 17 or newer is needed" in said, next((words for words in known if words in said), said)
