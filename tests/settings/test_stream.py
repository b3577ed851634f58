"""Settings of a stream."""

import pytest

from segmentation.errors import SettingsError
from segmentation.settings import settings_from_dict

LOG = {"format": "csv", "path": "log", "columns": {"customer_id": "who", "ordered_at": "when", "amount": "paid"}}
KAFKA = {"servers": ["broker:9092"], "topic": "lines"}


def fault(**stream):
    with pytest.raises(SettingsError) as raised:
        settings_from_dict({"input": LOG, "stream": stream})
    return str(raised.value)


def test_files_are_followed_where_nothing_else_is_said():
    assert settings_from_dict({"input": LOG}).stream.kafka is None


def test_rows_need_names_of_their_columns():
    assert "needs stream.csv_columns" in fault(kafka={**KAFKA, "value": "csv"})


def test_columns_of_rows_are_all_those_that_are_read():
    assert "lacks 'paid', 'line'" in fault(csv_columns=["who", "when"], line_id=["line"])
    assert "found 'who' more than once" in fault(csv_columns=["who", "when", "paid", "who"])


def test_a_line_is_named_in_one_way():
    assert "give only one of them" in fault(kafka={**KAFKA, "key_names_line": True}, line_id=["line"])


@pytest.mark.parametrize("topic", ["a,b", "", "a b", "../a"])
def test_a_topic_is_one_topic(topic):
    assert "stream.kafka.topic" in fault(kafka={**KAFKA, "topic": topic})


def test_a_password_is_never_in_the_settings():
    message = fault(kafka={**KAFKA, "client": {"sasl.jaas.config": "password=hunter2hunter2"}})
    assert "needs a reference" in message
    assert "hunter2" not in message
