"""Checks of an input table's files against the settings and each other, for errors that Spark reports late, unclearly or not at all."""

import csv
import difflib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import fsspec
import pyarrow as arrow
from pyarrow import parquet

from segmentation.errors import InputError, shortened
from segmentation.storage.source_files import Source, list_source_files

_THREADS = 16
"""Files opened at the same time: remote file systems are slow to answer."""
_MAX_COLUMNS_SHOWN = 50
_MAX_FILES_INSPECTED = 20
_NOT_QUOTED = "They are not shown: in a file without a header they are a customer's line (privacy.pseudonyms)"
_EMPTY = {"csv": "it is empty, without even a header", "json": "none of the first lines is a JSON object"}

_FILE_SIGNATURES = {
    b"\xff\xfe\x00\x00": "UTF-32 text: set input.options.encoding to UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32 text: set input.options.encoding to UTF-32",
    b"\xff\xfe": "UTF-16 text: set input.options.encoding to UTF-16",
    b"\xfe\xff": "UTF-16 text: set input.options.encoding to UTF-16",
    b"PK\x03\x04": "a zip archive or an Excel workbook: unpack it, or save it as CSV",
    b"\x1f\x8b": "gzipped: its name must end in .gz",
    b"BZh": "packed by bzip2: its name must end in .bz2",
    b"\x28\xb5\x2f\xfd": "packed by zstd: unpack it, or pack it as .gz",
    b"\xfd7zXZ": "packed by xz: unpack it, or pack it as .gz",
    b"PAR1": "a Parquet file: set input.format to parquet",
    b"SQLite format": "an SQLite database: save the table as CSV",
    b"<": "a web page or XML, such as an error message of the server it came from",
    b"{": "JSON: one object a line is read by input.format json",
    b"[": "JSON in one array: write one object a line, and set input.format to json",
}
_COMPRESSED = (".gz", ".bz2")


def check_columns(names: Sequence[str], columns: Mapping[str, str], source: Source, section: str, may_quote: bool = True) -> None:
    """Raise InputError unless a table has all columns that the settings name.

    The message names the missing columns, each with the nearest match, and the columns present. It also names the file's type if that is
    not the expected one.

    `columns` maps our names to the table's, and `section` is where the settings name them. Without `may_quote` messages do not quote
    the table's names: in a file without a header these are its first line.
    """
    missing = {ours: theirs for ours, theirs in columns.items() if theirs not in names}
    if not missing:
        return
    hint = _hint(names, source, section.partition(".")[0])
    if not names:
        raise InputError(f"{source.path}: {_EMPTY.get(source.format, 'it has no columns')}{hint or f'. Check {section}'}")
    duplicates = duplicate_names(names)
    lines = [
        f"  - {shortened(theirs)!r} ({section}.{ours}){_remedy(theirs, names, duplicates) if may_quote else ''}"
        for ours, theirs in missing.items()
    ]
    shown = ", ".join(repr(shortened(name)) for name in names[:_MAX_COLUMNS_SHOWN]) if may_quote else f"{len(names)} others. {_NOT_QUOTED}"
    raise InputError("\n".join([f"{source.path}: {len(missing)} of {len(columns)} columns are missing", *lines, f"Found: {shown}{hint}"]))


def _remedy(missing: str, names: Sequence[str], duplicates: set[str]) -> str:
    if missing.lower() in duplicates:
        return " is in the header more than once: give each column its own name"
    near = difflib.get_close_matches(missing, [name[:1000] for name in names], n=1, cutoff=0.5)
    return f", did you mean {shortened(near[0])!r}?" if near else ""


def _hint(names: Sequence[str], source: Source, root: str) -> str:
    """What may be wrong with the file as a whole, on a line of its own."""
    if unexpected := _unexpected_type(source):
        return f"\n{unexpected.replace('input.', f'{root}.')}"
    if any("\ufffd" in name for name in names):
        return f"\nThe header is not UTF-8: set {root}.options.encoding, such as ISO-8859-1"
    is_unsplit = len(names) == 1 and any(sign in names[0] for sign in ",;\t|")
    return f"\nThe header is a single column: is the separator right? Set {root}.options.sep" if is_unsplit else ""


def _unexpected_type(source: Source) -> str | None:
    """The first of some files that seems to have another format than the settings say, and which."""
    listed = list_source_files(source) if source.format in ("csv", "json") else None
    if listed is None:
        return None
    filesystem, files = listed
    types = ((file, detect_file_type(filesystem, file)) for file in files[:_MAX_FILES_INSPECTED])
    expected = "JSON: " if source.format == "json" else "\0"
    return next((f"{file} looks like {kind}" for file, kind in types if kind and not kind.startswith(expected)), None)


def detect_file_type(filesystem: fsspec.AbstractFileSystem, file: str) -> str | None:
    """What a file is, by its first bytes, and what to do about it; None if it is unknown, or cannot be opened from here."""
    try:
        with filesystem.open(file, compression="infer" if file.endswith(_COMPRESSED) else None) as opened:
            first = opened.read(16)
    except (EOFError, OSError, ValueError):
        return "damaged, or not compressed although its name says so: fetch it again" if file.endswith(_COMPRESSED) else None
    detected = next((kind for signature, kind in _FILE_SIGNATURES.items() if first.startswith(signature)), None)
    if detected or not first:
        return detected
    if first.count(0) == len(first):
        return "nothing but zero bytes: it was probably not written to its end. Fetch it again"
    # Latin letters in UTF-16 have a zero in every other byte.
    return "UTF-16 text: set input.options.encoding to UTF-16LE or UTF-16BE" if {0} in (set(first[::2]), set(first[1::2])) else None


def has_generated_names(names: Sequence[str]) -> bool:
    """Whether Spark has generated names in a header: for columns without a name, or with one that occurs more than once."""
    return any(re.fullmatch(r"_c\d+", name) for name in names) or bool(duplicate_names(names))


def duplicate_names(names: Sequence[str]) -> set[str]:
    """Names that occur more than once in a CSV header, in lower case; Spark appends a column's position to them."""
    stems = Counter(name.removesuffix(str(position)).lower() for position, name in enumerate(names) if name.endswith(str(position)))
    return {stem for stem, count in stems.items() if count > 1 and stem}


def check_csv_headers(filesystem: fsspec.AbstractFileSystem, files: list[str], options: Mapping[str, Any]) -> None:
    """Raise InputError if a file's header differs from the first file's.

    Spark's own message would quote the line, which in a file without a header is a customer's.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        headers = dict(zip(files, pool.map(partial(_csv_header, filesystem, options), files), strict=True))
    readable = {file: names for file, names in headers.items() if names}
    expected = next(iter(readable.values()), [])
    differing = [file for file, names in readable.items() if names != expected]
    if differing:
        more = f", and so do those of {len(differing) - 1:,} others" if len(differing) > 1 else ""
        raise InputError(f"{differing[0]}: its header differs from the other files'{more}: same columns, same order, in every file")


def _csv_header(filesystem: fsspec.AbstractFileSystem, options: Mapping[str, Any], file: str) -> list[str]:
    """Names in lower case, as Spark compares them; empty for an empty file, or an unreadable one, which Spark reports better."""
    separator, encoding = str(options.get("sep", options.get("delimiter", ","))), str(options.get("encoding", "utf-8-sig"))
    try:
        with filesystem.open(file, "rt", compression="infer", encoding=encoding, errors="replace", newline="") as lines:
            first = next((line for line in lines if line.strip()), "")
    except (OSError, EOFError, ValueError, LookupError):
        return []
    try:
        names = next(csv.reader([first], delimiter=separator, quotechar=str(options.get("quote", '"')) or None), [])
    except (csv.Error, TypeError):  # a line longer than Python reads, or a separator of several characters
        names = first.split(separator)
    return [name.strip().lower() for name in names]


def check_parquet_schemas(filesystem: fsspec.AbstractFileSystem, files: Sequence[str], columns: Collection[str]) -> None:
    """Raise InputError unless Parquet files agree on the columns that are read, where Spark would take one file's schema for all.

    Files disagree where some lack a column, or where they mix nanoseconds with coarser timestamps, or integers with timestamps. The message
    names one of these files.

    A file that cannot be opened from here is left to Spark. A column that is in no file may be a partition.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        schemas = dict(zip(files, pool.map(partial(_parquet_types, filesystem), files), strict=True))
    readable = {file: types for file, types in schemas.items() if types is not None}
    faults = [fault for name in columns for fault in _schema_faults(name, readable)]
    if faults:
        raise InputError("\n".join(["the Parquet files do not agree on their columns:", *(f"  - {fault}" for fault in faults)]))


def _schema_faults(name: str, schemas: Mapping[str, Mapping[str, arrow.DataType]]) -> Iterator[str]:
    # Spark matches column names regardless of case.
    types = {file: of_file.get(name.lower()) for file, of_file in schemas.items()}
    present = {file: kind for file, kind in types.items() if kind is not None}
    missing = [file for file in types if file not in present]
    if present and missing:
        yield f"{name!r} is missing in {len(missing):,} of {len(types):,} files, such as {missing[0]}"
    nanoseconds = [file for file, kind in present.items() if arrow.types.is_timestamp(kind) and kind.unit == "ns"]
    if 0 < len(nanoseconds) < len(present):
        yield f"{name!r} is in nanoseconds in {len(nanoseconds):,} of {len(types):,} files, such as {nanoseconds[0]}, and not in the others"
    integers = [file for file, kind in present.items() if arrow.types.is_integer(kind)]
    if integers and any(arrow.types.is_timestamp(kind) for kind in present.values()):
        yield f"{name!r} is a whole number in {len(integers):,} of {len(types):,} files, such as {integers[0]}, and a time in others"


def _parquet_types(filesystem: fsspec.AbstractFileSystem, file: str) -> dict[str, arrow.DataType] | None:
    try:
        with filesystem.open(file) as opened:
            return {field.name.lower(): field.type for field in parquet.read_schema(opened)}
    except (OSError, ValueError, arrow.ArrowException):
        return None
