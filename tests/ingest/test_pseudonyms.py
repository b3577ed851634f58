"""Pseudonymization of ids, also in lines where an id may be in any column."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from segmentation.errors import SettingsError
from segmentation.ingest.ids import pseudonymize
from segmentation.ingest.validation import validate_lines
from segmentation.pipeline.run import segment
from segmentation.privacy.pseudonyms import load_pseudonyms
from segmentation.schemas import CUSTOMER_ID, RECORD
from segmentation.settings import settings_from_dict

KEY = "0123456789abcdef" * 2
COLUMNS = {"customer_id": "Who", "ordered_at": "When", "amount": "Sum"}
LOG = {"format": "csv", "path": "log", "columns": COLUMNS, "timestamp_format": "yyyy-MM-dd"}
SETTINGS = settings_from_dict({"input": LOG, "privacy": {"pseudonyms": {"key": {"environment": "SOME_KEY"}}}})
MISSING = ("", "none")


@pytest.fixture
def pseudonyms(spark, monkeypatch):
    monkeypatch.setenv("SOME_KEY", KEY)
    return load_pseudonyms(spark, SETTINGS.privacy)


def name_of(text):
    return hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def test_ids_that_are_one_customer_have_one_pseudonym(spark, pseudonyms):
    texts = spark.createDataFrame([(" 17850 ", None), ("17850.0", None), ("17850", None)], f"{CUSTOMER_ID} STRING, {RECORD} STRING")
    numbers = spark.createDataFrame([(17850.0, None)], f"{CUSTOMER_ID} DOUBLE, {RECORD} STRING")
    for table in (texts, numbers):
        assert {row[CUSTOMER_ID] for row in pseudonymize(table, pseudonyms, MISSING).collect()} == {name_of("17850")}


def test_a_row_without_an_id_has_no_pseudonym(spark, pseudonyms):
    table = spark.createDataFrame([(text, None) for text in ("", " None ", None)], f"{CUSTOMER_ID} STRING, {RECORD} STRING")
    assert {row[CUSTOMER_ID] for row in pseudonymize(table, pseudonyms, MISSING).collect()} == {None}


def test_an_unreadable_record_becomes_a_keyed_hash(spark, pseudonyms):
    table = spark.createDataFrame(
        [("ann", "2024", "ann;2024;;"), ("bob", "2023", None)], f"{CUSTOMER_ID} STRING, when STRING, {RECORD} STRING"
    )
    rows = pseudonymize(table, pseudonyms, MISSING).orderBy(RECORD).collect()
    assert [tuple(row) for row in rows] == [(name_of("bob"), "2023", None), (None, None, name_of("record ann;2024;;"))]


def test_without_pseudonyms_a_table_is_unchanged(spark):
    table = spark.range(1)
    assert pseudonymize(table, None, MISSING) is table
    assert load_pseudonyms(spark, settings_from_dict({"input": LOG}).privacy) is None


def test_lines_have_no_id_in_any_column_and_only_the_shape_of_unreadable_texts(spark, pseudonyms):
    lines = [("RAW-1", "2024-01-01", "2"), ("RAW-2", "RAW-2", "RAW-2"), (None, "2024-01-01", "2")]
    log = spark.createDataFrame([(*line, None) for line in lines], ", ".join(f"{name} STRING" for name in (*COLUMNS, RECORD)))
    rows = validate_lines(log, SETTINGS, pseudonyms, None).collect()
    assert "RAW" not in str(rows)
    assert {row.customer_id for row in rows} == {name_of("RAW-1"), name_of("RAW-2"), None}
    assert {row.source.ordered_at for row in rows if row.source} == {"xxx-9", "2024-01-01"}


def test_a_run_without_its_key_writes_nothing(spark, tmp_path, monkeypatch):
    monkeypatch.delenv("SOME_KEY", raising=False)
    settings = SETTINGS.model_copy(update={"output": SETTINGS.output.model_copy(update={"path": str(tmp_path / "out")})})
    with pytest.raises(SettingsError, match=r"privacy\.pseudonyms\.key\.environment: the environment has no SOME_KEY"):
        segment(spark, settings, datetime(2026, 1, 1, tzinfo=UTC))
    assert list(tmp_path.iterdir()) == []
