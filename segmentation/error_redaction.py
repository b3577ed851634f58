"""Errors of failed runs, as they may be shown to users."""

import traceback
from pathlib import Path

from segmentation import storage
from segmentation.errors import SegmentationError
from segmentation.settings import Settings

_PACKAGE = Path(__file__).resolve().parent


def redact_error(error: BaseException, settings: Settings) -> BaseException:
    """Translate a known error; with pseudonyms, replace an unknown one by its type and place, since Spark's message may quote a line."""
    translated = storage.translate_error(error, settings.output.path)
    is_known = translated is not None or isinstance(error, SegmentationError) or not isinstance(error, Exception)
    if is_known or settings.privacy.pseudonyms is None:
        return translated or error
    return SegmentationError(
        f"the run failed with {type(error).__name__}{_condition(error)}{_place(error)}. Its message is not shown, since it may quote a "
        "customer's line (privacy.pseudonyms). To see it, run without pseudonyms where the log may be read"
    )


def _condition(error: BaseException) -> str:
    """Spark's error condition."""
    condition = getattr(error, "getCondition", lambda: None)()
    return f" ({condition})" if condition else ""


def _place(error: BaseException) -> str:
    """The innermost line of this package in the traceback."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(_PACKAGE)]
    return f" at {Path(frames[-1].filename).relative_to(_PACKAGE.parent)}:{frames[-1].lineno}" if frames else ""
