"""The one error tree. Each message says what is wrong, where, how much of it, and what to do."""


class SegmentationError(Exception):
    """Anything this project raises on purpose; `exit_code` is what the command ends with."""

    exit_code = 1


class SettingsError(SegmentationError):
    """The settings, or what they point at on the output side, cannot be used."""

    exit_code = 2


class EnvironmentFault(SegmentationError):
    """The machine lacks something, such as Java."""

    exit_code = 2


class InputError(SegmentationError):
    """The input cannot be used."""

    exit_code = 3


class HeldBackError(SegmentationError):
    """The run was written, but an audit keeps it from being published."""

    exit_code = 4


class IntegrityError(SegmentationError):
    """A run's files are not what they were when it was sealed."""

    exit_code = 4


class ErasureError(SegmentationError):
    """People were taken out, and a search still finds them, or cannot look everywhere."""

    exit_code = 4
