"""Paths and names of tables as settings may give them: what is named is what is read or written, and nothing else."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from segmentation.characters import is_seen
from segmentation.settings.secrets import without_password

_PATTERN_SIGNS = "*?[]{}\\"
_PART = r"(?:\w+|`[\w $-]+`)"
_TABLE = re.compile(rf"{_PART}(?:\.{_PART}){{0,2}}")
_READERS = ("avro", "binaryfile", "csv", "delta", "iceberg", "jdbc", "json", "kafka", "orc", "parquet", "text", "xml")
"""In front of a dot, Spark takes these for a format and what follows for a path."""


def _one_place(path: str) -> str:
    if not all(map(is_seen, path)):
        raise ValueError("a path holds no line ends, control or direction characters")
    if "::" in path:
        raise ValueError("a path is one place: '::' would chain several file systems")
    return path


def _no_pattern(path: str) -> str:
    if found := sorted(set(_PATTERN_SIGNS) & set(path)):
        raise ValueError(f"a place to write to is no pattern, and Spark would read {' '.join(found)} as one: name another folder")
    return path


SourcePath = Annotated[str, Field(min_length=1), AfterValidator(without_password), AfterValidator(_one_place)]
"""File, folder, glob, or the name of a table."""
OutputPath = Annotated[str, Field(min_length=1), AfterValidator(without_password), AfterValidator(_one_place), AfterValidator(_no_pattern)]
"""A folder to write to."""


def table_fault(name: str) -> str | None:
    """What is wrong with a table's name; None where it is one of the catalog."""
    if not _TABLE.fullmatch(name):
        return (
            f"{name!r} is no name of a table: up to three parts joined by dots, letters, digits and _, or `in backquotes` also blanks and -"
        )
    parts = name.replace("`", "").lower().split(".")
    if len(parts) > 1 and parts[0] in _READERS:
        return f"{name!r} would read a file, and not a table: use format {parts[0]} and path"
    return None
