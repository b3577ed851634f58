"""Paths and table names that settings may give: exactly what is named is read or written, and nothing else."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from segmentation.characters import is_visible
from segmentation.settings.secrets import reject_password

_PATTERN_SIGNS = "*?[]{}\\"
_PART = r"(?:\w+|`[\w $-]+`)"
_TABLE = re.compile(rf"{_PART}(?:\.{_PART}){{0,2}}")
_READERS = ("avro", "binaryfile", "csv", "delta", "iceberg", "jdbc", "json", "kafka", "orc", "parquet", "text", "xml")
"""Before a dot, Spark takes these for a format, and the rest for a path."""


def _single_location(path: str) -> str:
    if not all(map(is_visible, path)):
        raise ValueError("a path must not hold line ends, control or direction characters")
    if "::" in path:
        raise ValueError("a path is one location: '::' would chain several file systems")
    return path


def _not_a_pattern(path: str) -> str:
    if signs := sorted(set(_PATTERN_SIGNS) & set(path)):
        raise ValueError(f"an output path must not be a pattern, and Spark would read {' '.join(signs)} as one: name another folder")
    return path


SourcePath = Annotated[str, Field(min_length=1), AfterValidator(reject_password), AfterValidator(_single_location)]
"""File, folder, glob, or the name of a table."""
OutputPath = Annotated[
    str, Field(min_length=1), AfterValidator(reject_password), AfterValidator(_single_location), AfterValidator(_not_a_pattern)
]
"""A folder to write to."""


def table_name_error(name: str) -> str | None:
    """What is wrong with a table's name; None where it names a table of the catalog."""
    if not _TABLE.fullmatch(name):
        return (
            f"{name!r} is not a table's name: up to three parts joined by dots, letters, digits and _, or `in backquotes` also blanks and -"
        )
    parts = name.replace("`", "").lower().split(".")
    if len(parts) > 1 and parts[0] in _READERS:
        return f"{name!r} would read a file, and not a table: use format {parts[0]} and path"
    return None
