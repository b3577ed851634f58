"""What keeps a stream from beginning is reported before anything is read."""

from datetime import UTC, datetime

import pytest

from segmentation import storage
from segmentation.erasure.erase import erase
from segmentation.errors import InputError, MissingDependencyError, OutputBusyError, SettingsError
from segmentation.settings import KeyReference, settings_from_dict
from segmentation.storage.secrets import read_properties
from segmentation.stream.rescoring import load_live_model
from segmentation.stream.stream import BatchProcessor, exclusive_live_tables, stream

LOG = {"format": "csv", "path": "log", "columns": {"customer_id": "who", "ordered_at": "when", "amount": "paid"}}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def settings(folder, **more):
    return settings_from_dict({"input": LOG, "output": {"path": str(folder)}, **more})


def test_without_delta_the_error_says_how_to_start_the_session(spark, tmp_path):
    with pytest.raises(MissingDependencyError, match=r"--conf spark\.sql\.extensions=io\.delta\.sql\.DeltaSparkSessionExtension"):
        stream(spark, settings(tmp_path), NOW, once=True)
    assert list(tmp_path.iterdir()) == []


def test_duplicates_cannot_be_rejected_by_what_they_say(spark, tmp_path):
    with pytest.raises(SettingsError, match=r"stream\.line_id"):
        stream(spark, settings(tmp_path, rules={"exact_duplicates": "reject"}), NOW, once=True)


def test_a_customer_table_alone_is_no_stream(spark, tmp_path):
    table = {"format": "csv", "path": "t.csv", "customer_id": "c", "columns": {"age": {"column": "Age", "type": "number"}}}
    with pytest.raises(SettingsError, match="a stream needs a transaction log"):
        stream(spark, settings_from_dict({"attributes": table, "output": {"path": str(tmp_path)}}), NOW, once=True)


def test_a_stream_needs_a_published_run(tmp_path):
    with pytest.raises(InputError, match="no run is published there"):
        load_live_model(settings(tmp_path))


def test_two_streams_do_not_write_into_one_output(tmp_path):
    with (
        exclusive_live_tables(str(tmp_path)),
        pytest.raises(OutputBusyError, match="another process follows a stream"),
        exclusive_live_tables(str(tmp_path)),
    ):
        pass


def test_nobody_is_erased_next_to_live_tables(spark, tmp_path):
    (tmp_path / "root" / "live").mkdir(parents=True)
    (tmp_path / "people").write_text("c1\n")
    with pytest.raises(OutputBusyError, match="Stop the stream"):
        erase(spark, settings(tmp_path / "root"), str(tmp_path / "people"), NOW)


def test_the_error_of_a_batch_is_remembered(tmp_path, monkeypatch):
    processor = BatchProcessor(settings(tmp_path), NOW, run_log=None)
    monkeypatch.setattr(BatchProcessor, "_process", lambda *_: load_live_model(settings(tmp_path)))
    with pytest.raises(InputError) as raised:
        processor(None, 0)
    assert processor.error is raised.value


class Interrupted:
    """A query that somebody interrupts."""

    is_stopped = False

    def awaitTermination(self):  # noqa: N802 - as Spark calls it
        raise KeyboardInterrupt

    def stop(self):
        self.is_stopped = True


@pytest.mark.parametrize("once", [False, True])
def test_interrupted_a_stream_without_end_has_ended_and_one_that_drains_has_not(spark, tmp_path, monkeypatch, once):
    query = Interrupted()
    monkeypatch.setattr(storage, "require_delta", lambda _: None)
    monkeypatch.setattr(storage, "read_stream", lambda *_, **__: None)
    monkeypatch.setattr(storage, "start_stream", lambda *_: query)
    if once:
        with pytest.raises(KeyboardInterrupt):
            stream(spark, settings(tmp_path), NOW, once)
    else:
        assert stream(spark, settings(tmp_path), NOW, once).batches == 0
    assert query.is_stopped


def test_properties_of_a_client_are_read_from_where_they_are_stored(tmp_path):
    file = tmp_path / "kafka.properties"
    file.write_text('# ours\nsecurity.protocol = SASL_SSL\n\nsasl.jaas.config=a b="c";\n')
    file.chmod(0o600)
    assert read_properties(KeyReference(file=str(file)), "stream.kafka.client") == {
        "security.protocol": "SASL_SSL",
        "sasl.jaas.config": 'a b="c";',
    }
    file.chmod(0o644)
    with pytest.raises(SettingsError, match="everybody may read"):
        read_properties(KeyReference(file=str(file)), "stream.kafka.client")


def test_a_line_that_is_no_property_is_not_repeated(monkeypatch):
    monkeypatch.setenv("KAFKA", "hunter2")
    with pytest.raises(SettingsError) as raised:
        read_properties(KeyReference(environment="KAFKA"), "stream.kafka.client")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("form", ["delta", "table"])
def test_a_table_is_not_followed(spark, tmp_path, form):
    asked = settings_from_dict({"input": {**LOG, "format": form}, "output": {"path": str(tmp_path)}})
    with pytest.raises(SettingsError, match="follows files of csv, json or parquet"):
        storage.read_stream(spark, asked.log, asked.stream)


def test_an_empty_folder_of_rows_needs_their_columns_named(spark, tmp_path):
    asked = settings(tmp_path).model_copy(update={"input": settings(tmp_path).log.model_copy(update={"path": str(tmp_path)})})
    with pytest.raises(InputError, match="an empty folder"):
        storage.read_stream(spark, asked.log, asked.stream)
    named = settings(tmp_path, stream={"csv_columns": ["who", "when", "paid"]}).stream
    assert storage.read_stream(spark, asked.log, named).isStreaming
