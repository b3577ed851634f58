"""The progress of a stream, handed from the server of Spark Connect to its client in a file.

A client sends the function that processes batches to the server, where another process runs it. Its state stays there, and its
exceptions come back as text only; so the progress and the error are written to a file in the output, which both can read.
"""

import json
from dataclasses import asdict, dataclass
from typing import Protocol

from pyspark.sql import DataFrame

from segmentation import errors, storage
from segmentation.errors import SegmentationError
from segmentation.session import required_conf


@dataclass(frozen=True)
class StreamProgress:
    """Counts of batches, of their lines, and of rejected lines among them."""

    batches: int = 0
    lines: int = 0
    rejected: int = 0

    def with_batch(self, lines: int, rejected: int) -> "StreamProgress":
        """With one more batch."""
        return StreamProgress(self.batches + 1, self.lines + lines, self.rejected + rejected)


class Processor(Protocol):
    """Processes batches, and remembers progress and error."""

    progress: StreamProgress
    error: BaseException | None

    def __call__(self, log: DataFrame, number: int) -> None:
        """Process a batch."""


@dataclass(frozen=True)
class RemoteProcessor:
    """A processor to be sent to the server, with the path of its progress file and the `output.permissions` of what it writes."""

    processor: Processor
    path: str
    permissions: str

    def __call__(self, log: DataFrame, number: int) -> None:
        """Process a batch, and write the progress since the start, and the error if there is one."""
        with required_conf(log.sparkSession), storage.output_permissions(self.permissions):
            try:
                self.processor(log, number)
            finally:
                state = {"progress": asdict(self.processor.progress), "error": _error_as_dict(self.processor.error)}
                storage.write_text(self.path, json.dumps(state))


def _error_as_dict(error: BaseException | None) -> dict[str, str] | None:
    return {"class": type(error).__name__, "message": str(error)} if isinstance(error, SegmentationError) else None


def load_progress(path: str) -> tuple[StreamProgress, SegmentationError | None]:
    """Progress and error from a file; none of both without a file."""
    if not storage.exists(path):
        return StreamProgress(), None
    state = json.loads(storage.read_text(path))
    error = state["error"]
    return StreamProgress(**state["progress"]), getattr(errors, error["class"])(error["message"]) if error else None
