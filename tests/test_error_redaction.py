"""Errors of failed runs are translated, and redacted where customers have pseudonyms."""

import pytest
from pyspark.errors import AnalysisException, PySparkException

from segmentation.error_redaction import redact_error
from segmentation.errors import InputError, SegmentationError
from segmentation.settings import settings_from_dict

LOG = {"input": {"format": "csv", "path": "log", "columns": {"customer_id": "Who", "ordered_at": "When", "amount": "Sum"}}}
PLAIN = settings_from_dict(LOG)
PSEUDONYMOUS = settings_from_dict({**LOG, "privacy": {"pseudonyms": {"key": {"environment": "KEY"}}}})
LINE = "1,RAWID-000123,2024"


def _raised(error):
    with pytest.raises(type(error)) as raised:
        raise error
    return raised.value


@pytest.mark.parametrize("settings", [PLAIN, PSEUDONYMOUS])
def test_known_errors_are_translated_and_our_own_pass_through(settings):
    assert isinstance(redact_error(AnalysisException("PATH_NOT_FOUND file:/a/b"), settings), InputError)
    own = InputError("no lines")
    assert redact_error(own, settings) is own
    assert isinstance(redact_error(KeyboardInterrupt(), settings), KeyboardInterrupt)


def test_an_unknown_error_passes_through_without_pseudonyms():
    error = _raised(PySparkException(f"Malformed record: {LINE}"))
    assert redact_error(error, PLAIN) is error


@pytest.mark.parametrize("error", [PySparkException(f"Malformed record: {LINE}"), ValueError(LINE), KeyError(LINE)], ids=type)
def test_with_pseudonyms_its_message_is_not_shown(error):
    shown = redact_error(_raised(error), PSEUDONYMOUS)
    assert type(shown) is SegmentationError
    assert type(error).__name__ in str(shown)
    assert "RAWID" not in str(shown)


def test_the_innermost_line_of_this_package_is_named():
    with pytest.raises(TypeError) as raised:
        settings_from_dict(None)
    assert "segmentation/settings/load.py:" in str(redact_error(raised.value, PSEUDONYMOUS))
