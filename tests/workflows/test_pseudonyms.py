"""Where ids are replaced, and what becomes of lines in which they may stand anywhere."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from segmentation.errors import SettingsError
from segmentation.schemas import CUSTOMER_ID, RECORD
from segmentation.settings import validated
from segmentation.workflows.judging import judged
from segmentation.workflows.pseudonyms import pseudonyms_of, under_pseudonyms
from segmentation.workflows.segment import segment

KEY = "0123456789abcdef" * 2
COLUMNS = {"customer_id": "Who", "ordered_at": "When", "amount": "Sum"}
LOG = {"format": "csv", "path": "log", "columns": COLUMNS, "timestamp_format": "yyyy-MM-dd"}
SETTINGS = validated({"input": LOG, "privacy": {"pseudonyms": {"key": {"environment": "SOME_KEY"}}}})
MISSING = ("", "none")


@pytest.fixture
def pseudonyms(spark, monkeypatch):
    monkeypatch.setenv("SOME_KEY", KEY)
    return pseudonyms_of(spark, SETTINGS.privacy)


def name_of(text):
    return hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def test_ids_that_are_one_customer_have_one_pseudonym(spark, pseudonyms):
    texts = spark.createDataFrame([(" 17850 ", None), ("17850.0", None), ("17850", None)], f"{CUSTOMER_ID} STRING, {RECORD} STRING")
    numbers = spark.createDataFrame([(17850.0, None)], f"{CUSTOMER_ID} DOUBLE, {RECORD} STRING")
    for table in (texts, numbers):
        assert {row[CUSTOMER_ID] for row in under_pseudonyms(table, pseudonyms, MISSING).collect()} == {name_of("17850")}


def test_who_has_no_id_has_no_pseudonym(spark, pseudonyms):
    table = spark.createDataFrame([(text, None) for text in ("", " None ", None)], f"{CUSTOMER_ID} STRING, {RECORD} STRING")
    assert {row[CUSTOMER_ID] for row in under_pseudonyms(table, pseudonyms, MISSING).collect()} == {None}


def test_of_a_record_that_could_not_be_read_a_keyed_hash_is_left(spark, pseudonyms):
    table = spark.createDataFrame(
        [("ann", "2024", "ann;2024;;"), ("bob", "2023", None)], f"{CUSTOMER_ID} STRING, when STRING, {RECORD} STRING"
    )
    rows = under_pseudonyms(table, pseudonyms, MISSING).orderBy(RECORD).collect()
    assert [tuple(row) for row in rows] == [(name_of("bob"), "2023", None), (None, None, name_of("record ann;2024;;"))]


def test_without_pseudonyms_a_table_is_left_as_it_is(spark):
    table = spark.range(1)
    assert under_pseudonyms(table, None, MISSING) is table
    assert pseudonyms_of(spark, validated({"input": LOG}).privacy) is None


def test_lines_hold_no_id_in_any_column_and_unreadable_texts_their_shape_alone(spark, pseudonyms):
    lines = [("RAW-1", "2024-01-01", "2"), ("RAW-2", "RAW-2", "RAW-2"), (None, "2024-01-01", "2")]
    log = spark.createDataFrame([(*line, None) for line in lines], ", ".join(f"{name} STRING" for name in (*COLUMNS, RECORD)))
    rows = judged(log, SETTINGS, pseudonyms).collect()
    assert "RAW" not in str(rows)
    assert {row.customer_id for row in rows} == {name_of("RAW-1"), name_of("RAW-2"), None}
    assert {row.source.ordered_at for row in rows if row.source} == {"xxx-9", "2024-01-01"}


def test_a_run_without_its_key_writes_nothing(spark, tmp_path, monkeypatch):
    monkeypatch.delenv("SOME_KEY", raising=False)
    settings = SETTINGS.model_copy(update={"output": SETTINGS.output.model_copy(update={"path": str(tmp_path / "out")})})
    with pytest.raises(SettingsError, match=r"privacy\.pseudonyms\.key\.environment: the environment has no SOME_KEY"):
        segment(spark, settings, datetime(2026, 1, 1, tzinfo=UTC))
    assert list(tmp_path.iterdir()) == []
