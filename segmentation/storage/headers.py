"""Headers of CSV files, compared before Spark meets one that differs: its message quotes the line, which may be a customer's."""

import csv
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import fsspec

from segmentation.errors import InputError

_AT_ONCE = 16


def check_headers(filesystem: fsspec.AbstractFileSystem, files: list[str], options: Mapping[str, Any]) -> None:
    """Raise where a file's header differs from the first file's.

    Raises
    ------
    InputError
        Which file, without what it holds.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        headers = dict(zip(files, pool.map(partial(_header, filesystem, options), files), strict=True))
    found = {file: names for file, names in headers.items() if names}
    expected = next(iter(found.values()), [])
    differing = [file for file, names in found.items() if names != expected]
    if differing:
        more = f", and so do those of {len(differing) - 1:,} others" if len(differing) > 1 else ""
        raise InputError(f"{differing[0]}: its header differs from the other files'{more}: same columns, same order, in every file")


def _header(filesystem: fsspec.AbstractFileSystem, options: Mapping[str, Any], file: str) -> list[str]:
    """Names in small letters, as Spark compares them; none where the file is empty, or cannot be read: Spark tells that better."""
    separator, encoding = str(options.get("sep", options.get("delimiter", ","))), str(options.get("encoding", "utf-8-sig"))
    try:
        with filesystem.open(file, "rt", compression="infer", encoding=encoding, errors="replace", newline="") as lines:
            first = next((line for line in lines if line.strip()), "")
    except (OSError, EOFError, ValueError, LookupError):
        return []
    try:
        names = next(csv.reader([first], delimiter=separator, quotechar=str(options.get("quote", '"')) or None), [])
    except (csv.Error, TypeError):  # longer than Python reads, or signs that are several letters long
        names = first.split(separator)
    return [name.strip().lower() for name in names]
