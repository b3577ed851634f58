"""The errors that this project raises on purpose. Each message says what is wrong, where, how often, and what to do."""

MAX_QUOTED_CHARACTERS = 60
"""Length to which messages shorten a text that they quote."""


def shortened(text: str) -> str:
    """A text as messages quote it."""
    return text if len(text) <= MAX_QUOTED_CHARACTERS else f"{text[:MAX_QUOTED_CHARACTERS]}… ({len(text):,} characters)"


class SegmentationError(Exception):
    """Base class; `exit_code` is the exit code of the command line."""

    exit_code = 1


class SettingsError(SegmentationError):
    """The settings, or the output location they name, cannot be used."""

    exit_code = 2


class MissingDependencyError(SegmentationError):
    """Required software, such as Java or Delta, is missing, too old or unusable."""

    exit_code = 2


class OutputBusyError(SegmentationError):
    """Another process uses the output, or live tables are in the way."""

    exit_code = 2


class InputError(SegmentationError):
    """The input cannot be used."""

    exit_code = 3


class AuditFailedError(SegmentationError):
    """The run was written, but an audit or a gate prevents its publication."""

    exit_code = 4


class IntegrityError(SegmentationError):
    """Files of a run have changed since it was sealed."""

    exit_code = 4


class ErasureError(SegmentationError):
    """Customers were erased, but verification still finds them or cannot search everywhere."""

    exit_code = 4
