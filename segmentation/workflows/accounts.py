"""What a stream has taken, and what stopped it, told from one process to another.

A client of Spark Connect sends what takes its batches to the server, where a process of its own runs it. What that comes to know stays
there, and what it raises comes back as a text; so it leaves a note in the output, which both can reach.
"""

import json
from dataclasses import asdict, dataclass
from typing import Protocol

from pyspark.sql import DataFrame

from segmentation import errors, storage
from segmentation.errors import SegmentationError
from segmentation.session import settled


@dataclass(frozen=True)
class Followed:
    """What a stream has taken: batches, their lines, and those of them rejected."""

    batches: int = 0
    lines: int = 0
    rejected: int = 0

    def and_batch(self, lines: int, rejected: int) -> "Followed":
        """With one batch more."""
        return Followed(self.batches + 1, self.lines + lines, self.rejected + rejected)


class Follower(Protocol):
    """What takes batches, and comes to know what they were."""

    followed: Followed
    fault: BaseException | None

    def __call__(self, log: DataFrame, number: int) -> None:
        """Take a batch."""


@dataclass(frozen=True)
class Sent:
    """A follower as it is sent to another process, the file that tells of it, and who may read what it writes (`output.permissions`)."""

    follower: Follower
    path: str
    readers: str

    def __call__(self, log: DataFrame, number: int) -> None:
        """Take a batch, and note what was taken since the beginning, and what stopped it."""
        with settled(log.sparkSession), storage.written_for(self.readers):
            try:
                self.follower(log, number)
            finally:
                noted = {"followed": asdict(self.follower.followed), "fault": _told(self.follower.fault)}
                storage.write_text(self.path, json.dumps(noted))


def _told(fault: BaseException | None) -> dict[str, str] | None:
    return {"kind": type(fault).__name__, "said": str(fault)} if isinstance(fault, SegmentationError) else None


def taken_up(path: str) -> tuple[Followed, SegmentationError | None]:
    """What was noted there; nothing where nobody has left a note."""
    if not storage.exists(path):
        return Followed(), None
    noted = json.loads(storage.read_text(path))
    fault = noted["fault"]
    return Followed(**noted["followed"]), getattr(errors, fault["kind"])(fault["said"]) if fault else None
