"""What every section of the settings is made of: strict fields, and the types of paths, addresses and keys."""

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from segmentation.characters import is_visible

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1)]
NOT_SHOWN = "what was found is not shown here"
"""End of a message that must not be followed by what was found."""
_SECRET_NAME = re.compile(
    r"secret|passw|pwd|token|credential|private.?key|(access|account|api|shared|encryption)[._-]?key|key\.list|\bsas\b", re.IGNORECASE
)
_SIGNED = re.compile(r"[?&](sig|signature|token|key|x-amz-signature|awsaccesskeyid)=", re.IGNORECASE)
_REMEDY = "Settings are written into each run's manifest: give it to Spark instead (spark.hadoop.fs.…, or the machine's identity)"
_PATTERN_SIGNS = "*?[]{}\\"
_PART = r"(?:\w+|`[\w $-]+`)"
_TABLE = re.compile(rf"{_PART}(?:\.{_PART}){{0,2}}")
_READERS = ("avro", "binaryfile", "csv", "delta", "iceberg", "jdbc", "json", "kafka", "orc", "parquet", "text", "xml")
"""Before a dot, Spark takes these for a format, and the rest for a path."""


class SettingsSection(BaseModel):
    """A frozen, strict group of settings: an unknown key or a wrong type is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


def lists_as_tuples(given: dict[str, Any]) -> dict[str, Any]:
    """The values with lists as tuples: behind a validator of our own, strict fields take nothing else."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}


def _reject_secrets(options: dict[str, str | bool | int | float]) -> dict[str, str | bool | int | float]:
    if names := sorted(name for name in options if _SECRET_NAME.search(name)):
        raise ValueError(f"{', '.join(names)}: looks like a secret. {_REMEDY}; {NOT_SHOWN}")
    return options


def reject_password(path: str) -> str:
    """A path, a glob or a table's name as it is; an error where it holds a password."""
    try:
        has_password = urlsplit(path).password is not None
    except ValueError:
        has_password = False
    if has_password or _SIGNED.search(path):
        raise ValueError(f"holds a password or a signature. {_REMEDY}; {NOT_SHOWN}")
    return path


Options = Annotated[dict[str, str | bool | int | float], AfterValidator(_reject_secrets)]
"""Options of Spark's readers, none of them a secret."""


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
