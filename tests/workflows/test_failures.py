"""What is shown of a run that failed."""

import pytest
from pyspark.errors import AnalysisException, PySparkException

from segmentation.errors import InputError, SegmentationError
from segmentation.settings import validated
from segmentation.workflows.failures import told

LOG = {"input": {"format": "csv", "path": "log", "columns": {"customer_id": "Who", "ordered_at": "When", "amount": "Sum"}}}
PLAIN = validated(LOG)
SECRETIVE = validated({**LOG, "privacy": {"pseudonyms": {"key": {"environment": "KEY"}}}})
LINE = "1,RAWID-000123,2024"


def _raised(error):
    with pytest.raises(type(error)) as raised:
        raise error
    return raised.value


@pytest.mark.parametrize("settings", [PLAIN, SECRETIVE])
def test_known_errors_are_explained_and_our_own_stay(settings):
    assert isinstance(told(AnalysisException("PATH_NOT_FOUND file:/a/b"), settings), InputError)
    ours = InputError("no lines")
    assert told(ours, settings) is ours
    assert isinstance(told(KeyboardInterrupt(), settings), KeyboardInterrupt)


def test_an_unknown_error_is_shown_as_it_is_without_pseudonyms():
    error = _raised(PySparkException(f"Malformed record: {LINE}"))
    assert told(error, PLAIN) is error


@pytest.mark.parametrize("error", [PySparkException(f"Malformed record: {LINE}"), ValueError(LINE), KeyError(LINE)], ids=type)
def test_under_pseudonyms_its_words_are_not_shown(error):
    shown = told(_raised(error), SECRETIVE)
    assert type(shown) is SegmentationError
    assert type(error).__name__ in str(shown)
    assert "RAWID" not in str(shown)


def test_the_last_line_of_ours_is_named():
    with pytest.raises(TypeError) as raised:
        validated(None)
    assert "segmentation/settings/load.py:" in str(told(raised.value, SECRETIVE))
