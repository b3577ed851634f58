"""Whether all files of a table agree on its columns, where Spark would look at one and believe it of all."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import fsspec
import pyarrow as arrow
from pyarrow import parquet

from segmentation.errors import InputError

_READERS = 16
"""Files looked at together: elsewhere each takes its time to answer."""


def has_made_up_names(names: Sequence[str]) -> bool:
    """Whether Spark has made up names of a header: for columns without one, and for one that stands there more than once."""
    return any(re.fullmatch(r"_c\d+", name) for name in names) or bool(repeated_names(names))


def repeated_names(names: Sequence[str]) -> set[str]:
    """What stands in a header more than once, in small letters; Spark tells such columns apart by adding their place."""
    stems = Counter(name.removesuffix(str(place)).lower() for place, name in enumerate(names) if name.endswith(str(place)))
    return {stem for stem, times in stems.items() if times > 1 and stem}


def check_footers(filesystem: fsspec.AbstractFileSystem, files: Sequence[str], columns: Collection[str]) -> None:
    """Raise unless the Parquet files have the columns in all of them or in none, and times of one kind.

    Parameters
    ----------
    filesystem, files
        Where they lie. A file that cannot be opened from here is left for Spark to tell of.
    columns
        Those that are read, by the names they have there. One that is in no file may be a folder's name.

    Raises
    ------
    InputError
        The columns that files lack, and one of these files; or files that mix nanoseconds with coarser times, or numbers with times.
    """
    with ThreadPoolExecutor(_READERS) as pool:
        found = dict(zip(files, pool.map(partial(_types, filesystem), files), strict=True))
    types = {file: kinds for file, kinds in found.items() if kinds is not None}
    faults = [fault for name in columns for fault in _faults(name, types)]
    if faults:
        raise InputError("\n".join(["the Parquet files do not agree on their columns:", *(f"  - {fault}" for fault in faults)]))


def _faults(name: str, types: Mapping[str, Mapping[str, arrow.DataType]]) -> Iterator[str]:
    # Spark finds columns whatever the case of their names.
    kinds = {file: of_file.get(name.lower()) for file, of_file in types.items()}
    without = [file for file, kind in kinds.items() if kind is None]
    if 0 < len(without) < len(kinds):
        yield f"{name!r} is missing in {len(without):,} of {len(kinds):,} files, such as {without[0]}"
    fine = [file for file, kind in kinds.items() if kind is not None and arrow.types.is_timestamp(kind) and kind.unit == "ns"]
    if 0 < len(fine) < len(kinds) - len(without):
        yield f"{name!r} is in nanoseconds in {len(fine):,} of {len(kinds):,} files, such as {fine[0]}, and not in the others"
    whole = [file for file, kind in kinds.items() if kind is not None and arrow.types.is_integer(kind)]
    if whole and any(kind is not None and arrow.types.is_timestamp(kind) for kind in kinds.values()):
        yield f"{name!r} is a whole number in {len(whole):,} of {len(kinds):,} files, such as {whole[0]}, and a time in others"


def _types(filesystem: fsspec.AbstractFileSystem, file: str) -> dict[str, arrow.DataType] | None:
    try:
        with filesystem.open(file) as opened:
            return {field.name.lower(): field.type for field in parquet.read_schema(opened)}
    except (OSError, ValueError, arrow.ArrowException):
        return None
