"""Under pseudonyms, and after an erasure: what a stream keeps of a line, before any of it is written."""

from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from pyspark.sql import functions as F

from segmentation.context import RunContext
from segmentation.ingest.rules import IS_REJECTED, rejected_lines
from segmentation.ingest.validation import validate_lines
from segmentation.privacy.denylist import extend_denylist, load_denylist
from segmentation.privacy.pseudonyms import load_pseudonyms
from segmentation.progress import RunLog
from segmentation.publish.run import Run
from segmentation.schemas import ARRIVED_AT, CUSTOMER_ID, LINE_KEY, LINE_NAME, MESSAGE, RECORD
from segmentation.settings import settings_from_dict
from segmentation.stream.lines import with_line_texts
from segmentation.stream.micro_batch import _with_keys as with_keys

KEY = "0123456789abcdef0123456789abcdefSALTED"
CAME = datetime(2026, 1, 2)
ROWS = [
    ("secret-17", "2026-01-01 10:00:00", "5.0", None, "secret-17 1", ("t", 0, 7), CAME),
    (None, None, None, "broken, of secret-17", None, ("t", 0, 8), CAME),
]
FIELDS = (
    f"{CUSTOMER_ID} STRING, ordered_at STRING, amount STRING, {RECORD} STRING, {LINE_NAME} STRING, "
    f"{MESSAGE} STRUCT<topic STRING, partition INT, offset BIGINT>, {ARRIVED_AT} TIMESTAMP"
)


@pytest.fixture
def lines(spark, tmp_path, monkeypatch):
    """Judged lines of two messages."""
    monkeypatch.setenv("STREAM_KEY", KEY)

    def made(**more):
        log = {"format": "csv", "path": "log", "columns": {"customer_id": "who", "ordered_at": "when", "amount": "paid"}}
        settings = settings_from_dict({"input": log, "output": {"path": str(tmp_path)}, **more})
        pseudonyms = load_pseudonyms(spark, settings.privacy)
        context = RunContext(spark, settings, Run(str(tmp_path), "r"), datetime(2026, 1, 1, tzinfo=UTC), RunLog(), ExitStack(), pseudonyms)
        frame = with_line_texts(spark.createDataFrame(ROWS, FIELDS))
        return validate_lines(with_keys(context, frame), settings, pseudonyms, load_denylist(spark, str(tmp_path)))

    return made


def said(frame):
    """All values of a frame, as one text."""
    return str([row.asDict(recursive=True) for row in frame.collect()])


def test_a_lines_name_is_stored_as_a_hash(lines):
    accepted = lines().where(~F.col(IS_REJECTED))
    assert "secret-17 1" not in said(accepted)
    assert len(accepted.collect()[0][LINE_KEY]) == 32


def test_under_pseudonyms_nothing_reveals_the_customer_and_the_offset_stays(lines):
    plain, pseudonymous = lines(), lines(privacy={"pseudonyms": {"key": {"environment": "STREAM_KEY"}}})
    assert "secret-17" in said(plain)
    assert "secret-17" not in said(pseudonymous)
    keys = [{row[LINE_KEY] for row in frame.collect()} for frame in (plain, pseudonymous)]
    assert not keys[0] & keys[1], "a hash without the key could be guessed"
    assert [row["offset"] for row in rejected_lines(pseudonymous).collect()] == [8]


def test_a_line_of_somebody_erased_is_rejected_and_emptied(spark, lines, tmp_path):
    extend_denylist(spark, str(tmp_path), "act", spark.createDataFrame([("secret-17",)], f"{CUSTOMER_ID} STRING"))
    rejected = rejected_lines(lines())
    assert [row["reasons"][0] for row in rejected.collect()] == ["erased", "erased"]
    assert "secret-17" not in said(rejected)
