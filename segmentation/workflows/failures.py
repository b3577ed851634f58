"""How a run that fails is told of."""

import traceback
from pathlib import Path

from segmentation import storage
from segmentation.errors import SegmentationError
from segmentation.settings import Settings

_PACKAGE = Path(__file__).resolve().parents[1]


def told(error: BaseException, settings: Settings) -> BaseException:
    """An error as it may be shown: explained where it is known, and under pseudonyms without Spark's words, which may quote a line."""
    explained = storage.explained(error, settings.output.path)
    is_known = explained is not None or isinstance(error, SegmentationError) or not isinstance(error, Exception)
    if is_known or settings.privacy.pseudonyms is None:
        return explained or error
    return SegmentationError(
        f"the run failed with {type(error).__name__}{_condition(error)}{_place(error)}. What it says is not shown, since it may quote a "
        "customer's line (privacy.pseudonyms). Run it without pseudonyms where the log may be looked at, to see it"
    )


def _condition(error: BaseException) -> str:
    """Spark's own name of what went wrong."""
    condition = getattr(error, "getCondition", lambda: None)()
    return f" ({condition})" if condition else ""


def _place(error: BaseException) -> str:
    """The last line of ours on the way there."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(_PACKAGE)]
    return f" at {Path(ours[-1].filename).relative_to(_PACKAGE.parent)}:{ours[-1].lineno}" if ours else ""
