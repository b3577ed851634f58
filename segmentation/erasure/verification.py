"""Verification of an erasure: a search of all tables and files under the output root for all ids."""

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
from segmentation.erasure.inventory import Inventory, inventory_of
from segmentation.privacy import id_matching
from segmentation.privacy.id_matching import COLUMN, IS_NUMBER, NON_CUSTOMER_COLUMNS, PATH, VALUE
from segmentation.schemas import STRING

TABLES_AT_ONCE, LINES_AT_ONCE = 24, 20_000
T = TypeVar("T")
_UNFINISHED = ("/_temporary/", ".inprogress", ".parts/")
_NO_TEXT = (".crc", "/_SUCCESS", ".lock")
_TEXTS = StructType([StructField(name, STRING) for name in (PATH, COLUMN, VALUE)])


@dataclass(frozen=True)
class Match:
    """How many values of a column are an id, or of a file, whose column is empty."""

    path: str
    column: str
    count: int


@dataclass(frozen=True)
class ErasureVerification:
    """The result of the search."""

    n_tables: int
    n_files: int
    # Data about the people.
    matches: list[Match] = field(default_factory=list)
    # Values that equal an id and mean something else: codes of products and orders, short numbers in texts.
    lookalikes: list[Match] = field(default_factory=list)
    # Unfinished files, which cannot be searched.
    unsearched: list[str] = field(default_factory=list)

    @property
    def has_passed(self) -> bool:
        """Whether everything was searched and nobody was found."""
        return not self.matches and not self.unsearched

    def to_dict(self) -> dict[str, Any]:
        """For the receipt."""
        return {"has_passed": self.has_passed, **asdict(self)}


def verify_erasure(spark: SparkSession, root: str, people: DataFrame, excluded: Sequence[str] = ()) -> ErasureVerification:
    """Search everything under an output root for people.

    `people` has, as `customer_id`, everything they are called in tables; it should be cached, since it is read often. `excluded` are
    paths below the root that are not outputs, such as the log itself.
    """
    files = [file for file in inventory_of(root).files if not any(file == path or file.startswith(f"{path}/") for path in excluded)]
    unsearched = [file for file in files if any(sign in f"/{file}" for sign in _UNFINISHED)]
    inventory = Inventory(root, tuple(sorted(set(files) - set(unsearched))))
    texts = [file for file in inventory.other_files if not f"/{file}".endswith(_NO_TEXT)]
    results = [*_search_tables(spark, inventory, people), *_search_files(spark, root, texts, people)]
    results.sort(key=lambda result: (result[1].path, result[1].column))
    matches, lookalikes = ([match for is_person, match in results if is_person == wanted] for wanted in (True, False))
    return ErasureVerification(len(inventory.tables), len(texts), matches, lookalikes, unsearched)


def _search_tables(spark: SparkSession, inventory: Inventory, people: DataFrame) -> Iterator[tuple[bool, Match]]:
    """Matches, and whether each is a person."""
    for tables in _batched(inventory.tables, TABLES_AT_ONCE):
        frames = [(inventory.read_table(spark, table), table) for table in tables]
        values = [values for frame, table in frames if (values := id_matching.text_values(frame, table)) is not None]
        texts = [text for frame, table in frames for text in id_matching.nested_texts(frame, table)]
        counts = [id_matching.count_exact_matches(_union(values), people)] if values else []
        counts += [id_matching.count_mentions(_union(texts), people)] if texts else []
        for row in (row for frame in counts for row in frame.collect()):
            yield row[COLUMN] not in NON_CUSTOMER_COLUMNS, Match(row[PATH], row[COLUMN], row["count"])


def _search_files(spark: SparkSession, root: str, files: Sequence[str], people: DataFrame) -> Iterator[tuple[bool, Match]]:
    """Matches, and whether each is a person."""
    lines = ({PATH: file, COLUMN: "", VALUE: text} for file in files for text in _texts(storage.join(root, file)))
    for batch in _batched(lines, LINES_AT_ONCE):
        for row in id_matching.count_mentions(storage.small_frame(spark, batch, _TEXTS), people).collect():
            yield not row[IS_NUMBER], Match(row[PATH], "", row["count"])


def _texts(path: str) -> Iterator[str]:
    """Texts of a file: strings and keys of JSON, without its numbers; lines of HTML with entities decoded; lines of any other file."""
    if path.endswith(".json"):
        try:
            yield from _strings(json.loads(storage.read_text(path)))
        except ValueError:
            yield from storage.iter_text_lines(path)
    else:
        yield from map(html.unescape if path.endswith(".html") else str, storage.iter_text_lines(path))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(part)
    if isinstance(value, str):
        yield value


def _union(frames: Sequence[DataFrame]) -> DataFrame:
    return reduce(DataFrame.unionByName, frames)


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
