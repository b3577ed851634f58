"""The search that proves an erasure: every table and every file under the output root, for every id."""

import html
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import reduce
from itertools import islice
from typing import Any, TypeVar

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructField, StructType

from segmentation import storage
from segmentation.context import small_frame
from segmentation.privacy import erasure
from segmentation.privacy.erasure import COLUMN, IS_FIGURE, OF_OTHER_THINGS, PLACE, VALUE
from segmentation.schemas import STRING
from segmentation.workflows.holdings import Holdings, holdings

TABLES_AT_ONCE, LINES_AT_ONCE = 24, 20_000
T = TypeVar("T")
_UNFINISHED = ("/_temporary/", ".inprogress", ".parts/")
_NO_TEXT = (".crc", "/_SUCCESS", ".lock")
_TEXTS = StructType([StructField(name, STRING) for name in (PLACE, COLUMN, VALUE)])


@dataclass(frozen=True)
class Hit:
    """So many values in a place that are an id."""

    place: str
    column: str
    count: int


@dataclass(frozen=True)
class Proof:
    """What a search found.

    Parameters
    ----------
    tables, files
        How many were searched.
    found
        Where people still are.
    alike
        Where something of another meaning reads like an id: codes of products and orders, short numbers in texts.
    unsearched
        Files that nothing can be told of, since writing them was not ended.
    """

    tables: int
    files: int
    found: list[Hit] = field(default_factory=list)
    alike: list[Hit] = field(default_factory=list)
    unsearched: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nobody was found, in all there is."""
        return not self.found and not self.unsearched

    def told(self) -> dict[str, Any]:
        """For the receipt."""
        return {"holds": self.holds, **asdict(self)}


def searched(spark: SparkSession, root: str, people: DataFrame, aside: Sequence[str] = ()) -> Proof:
    """Look for people in all that lies under a root.

    Parameters
    ----------
    spark
        The session.
    root
        Of the output.
    people
        `customer_id`, by every name they have here; held, since it is read often.
    aside
        Paths below the root that are not this project's, such as the log itself.
    """
    every = holdings(root)
    mine = [file for file in every.files if not any(file == path or file.startswith(f"{path}/") for path in aside)]
    unsearched = [file for file in mine if any(sign in f"/{file}" for sign in _UNFINISHED)]
    known = Holdings(root, tuple(sorted(set(mine) - set(unsearched))))
    tables, files = known.tables, [file for file in known.beside if not f"/{file}".endswith(_NO_TEXT)]
    hits = [*_in_tables(spark, known, people), *_in_files(spark, root, files, people)]
    hits.sort(key=lambda one: (one[1].place, one[1].column))
    found = [hit for is_person, hit in hits if is_person]
    return Proof(len(tables), len(files), found, [hit for is_person, hit in hits if not is_person], unsearched)


def _in_tables(spark: SparkSession, known: Holdings, people: DataFrame) -> Iterator[tuple[bool, Hit]]:
    for some in _batched(known.tables, TABLES_AT_ONCE):
        rows = [(known.read(spark, table), table) for table in some]
        values = [cells for frame, table in rows if (cells := erasure.cells(frame, table)) is not None]
        texts = [text for frame, table in rows for text in erasure.texts(frame, table)]
        counts = [erasure.named_in(_all(values), people)] if values else []
        counts += [erasure.told_in(_all(texts), people)] if texts else []
        for row in (row for frame in counts for row in frame.collect()):
            yield row[COLUMN] not in OF_OTHER_THINGS, Hit(row[PLACE], row[COLUMN], row["count"])


def _in_files(spark: SparkSession, root: str, files: Sequence[str], people: DataFrame) -> Iterator[tuple[bool, Hit]]:
    lines = ({PLACE: file, COLUMN: "", VALUE: text} for file in files for text in _sayings(storage.join(root, file)))
    for some in _batched(lines, LINES_AT_ONCE):
        for row in erasure.told_in(small_frame(spark, some, _TEXTS), people).collect():
            yield not row[IS_FIGURE], Hit(row[PLACE], "", row["count"])


def _sayings(path: str) -> Iterator[str]:
    """What a file says in words: the texts of JSON, without its numbers; of a page, with its signs as they are meant; else its lines."""
    if path.endswith(".json"):
        try:
            yield from _strings(json.loads(storage.read_text(path)))
        except ValueError:
            yield from storage.text_lines(path)
    else:
        yield from map(html.unescape if path.endswith(".html") else str, storage.text_lines(path))


def _strings(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        yield from found
    for part in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from _strings(part)
    if isinstance(found, str):
        yield found


def _all(frames: Sequence[DataFrame]) -> DataFrame:
    return reduce(DataFrame.unionByName, frames)


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(items)
    while some := list(islice(left, size)):
        yield some
