"""A topic of a real broker, drained twice: JSON and CSV rows, lines sent twice under other offsets, and what is no line."""

import shutil

import duckdb
import pytest

from stream.broker import broker, make_topic, send
from stream.following import NONE, difference, live, published
from stream.shop import as_sent, settings_file

pytestmark = pytest.mark.slow

NOT_JSON, WRONG_COLUMNS, HALF_A_LINE = b"no line at all", b'{"something": "else"}', b'{"line": "x", "order": "1-1", "who": "c1"'


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with broker(tmp_path_factory.mktemp("broker")) as server:
        yield server


def kafka_settings(folder, root, address, topic, value):
    """Settings of a stream from a topic; lines are named by a column, or for rows by the messages' keys."""
    config = settings_file(folder, "/nowhere", root)
    names = "line_id: []" if value == "csv" else "line_id: [line]"
    text = config.read_text().replace("line_id: [line]", names)
    kafka = f"kafka: {{servers: ['{address}'], topic: {topic}, value: {value}, key_names_line: {str(value == 'csv').lower()}}}"
    config.write_text(text.replace("max_files_per_trigger: 1", f"max_offsets_per_trigger: 800, {kafka}"))
    return config


@pytest.fixture(scope="module")
def json_topic(shop, address, streams, tmp_path_factory):
    """Where a stream has written that took half of the messages, ended, and took the rest."""
    folder = tmp_path_factory.mktemp("json")
    root = shutil.copytree(shop.output, folder / "output", symlinks=True)
    make_topic(address, "json-lines", partitions=1)
    config = kafka_settings(folder, root, address, "json-lines", "json")
    days = as_sent(shop.days)
    bad = [(None, NOT_JSON), (None, WRONG_COLUMNS), (b"key", None), (None, HALF_A_LINE)]
    for part, more in ((days[:20], bad), (days[20:], [])):
        send(address, "json-lines", [*((None, line.as_json()) for lines in part for line in lines), *more])
        code, said = streams.drained(config, root)
        assert code == 0, said
    return root


def test_json_messages_leave_the_tables_of_the_batch(json_topic):
    for table in ("orders", "customer_segments"):
        assert difference(live(json_topic, table), published(json_topic, table)) == NONE


def test_what_is_no_line_is_rejected_with_its_offset_and_stops_nothing(json_topic, shop):
    before = sum(len(lines) for lines in as_sent(shop.days)[:20])
    rejected = live(json_topic, "rejected_lines")
    recorded = duckdb.sql(
        "SELECT topic, partition, \"offset\" - $before, record FROM rejected WHERE reasons = ['unreadable_record'] ORDER BY 3",
        params={"before": before},
    )
    texts = [NOT_JSON.decode(), WRONG_COLUMNS.decode(), "", HALF_A_LINE.decode()]
    assert recorded.fetchall() == [("json-lines", 0, place, text) for place, text in enumerate(texts)]
    assert rejected.filter('"offset" IS NULL').fetchall() == []


def test_rows_in_two_partitions_named_by_their_keys_leave_the_tables_of_the_batch(shop, address, streams, output, tmp_path):
    make_topic(address, "rows", partitions=2)
    send(address, "rows", [(line.line.encode(), line.as_row()) for lines in as_sent(shop.days) for line in lines])
    config = kafka_settings(tmp_path, output, address, "rows", "csv")
    code, said = streams.drained(config, output)
    assert code == 0, said
    for table in ("orders", "customer_segments"):
        assert difference(live(output, table), published(output, table)) == NONE
