"""Settings of a table to read: the log, a lookup, or a customer table; and which of Spark's reader options they may give.

Spark hands every option on to Hadoop's configuration, where a name can load a class, carry a password or point elsewhere, and the
settings are published with each run. So only options that describe how a file is written are allowed.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from segmentation.settings.section import Options, SettingsSection, SourcePath, table_name_error

Format = Literal["csv", "parquet", "json", "delta", "table"]

_FILES = ("pathGlobFilter", "recursiveFileLookup", "modifiedBefore", "modifiedAfter", "timeZone")
_TEXTS = ("encoding", "charset", "lineSep", "locale", "multiLine", "dateFormat", "timestampFormat", "timestampNTZFormat")
_CSV = (
    *("sep", "delimiter", "quote", "escape", "charToEscapeQuoteEscaping", "comment", "header", "enforceSchema", "columnPruning"),
    *("ignoreLeadingWhiteSpace", "ignoreTrailingWhiteSpace", "nullValue", "emptyValue", "nanValue", "positiveInf", "negativeInf"),
    *("maxColumns", "maxCharsPerColumn", "unescapedQuoteHandling", "inferSchema", "samplingRatio", "mode"),
)
_JSON = (
    *("allowComments", "allowUnquotedFieldNames", "allowSingleQuotes", "allowNumericLeadingZeros", "allowNonNumericNumbers"),
    *("allowUnquotedControlChars", "allowBackslashEscapingAnyCharacter", "dropFieldIfAllNull", "primitivesAsString", "mode"),
)
_PARQUET = ("mergeSchema", "datetimeRebaseMode", "int96RebaseMode")
_VERSIONS = ("versionAsOf", "timestampAsOf")

ALLOWED: Mapping[Format, tuple[str, ...]] = {
    "csv": (*_CSV, *_TEXTS, *_FILES),
    "json": (*_JSON, *_TEXTS, *_FILES),
    "parquet": (*_PARQUET, *_FILES),
    "delta": _VERSIONS,
    "table": _VERSIONS,
}
"""By format; Spark takes them in any case."""

_REASONS = {
    "path": "what is read is named by path alone",
    "paths": "what is read is named by path alone",
    "basepath": "what is read is named by path alone",
    "ignorecorruptfiles": "lines would be lost without any table accounting for them",
    "ignoremissingfiles": "lines would be lost without any table accounting for them",
    "badrecordspath": "lines that cannot be read go to rejected_lines, and nowhere else",
    "columnnameofcorruptrecord": "lines that cannot be read go to rejected_lines, and nowhere else",
}


class SourceSettings(SettingsSection):
    """A table to read."""

    format: Format
    """As for the log."""
    path: SourcePath
    """As for the log."""
    options: Options = Field(default_factory=dict)
    """As for the log."""

    @field_validator("path")
    @classmethod
    def _is_a_table_name(cls, path: str, known: ValidationInfo) -> str:
        if known.data.get("format") == "table" and (error := table_name_error(path)):
            raise ValueError(error)
        return path

    @field_validator("options")
    @classmethod
    def _are_allowed(cls, options: dict[str, Any], known: ValidationInfo) -> dict[str, Any]:
        if "format" in known.data and (errors := list(option_errors(known.data["format"], options))):
            raise ValueError("; ".join(errors))
        return options


def option_errors(form: Format, options: Mapping[str, object]) -> Iterator[str]:
    """Errors in the options of a source. Values are not repeated, since one may be a password."""
    known = {name.lower(): name for name in ALLOWED[form]}
    for name in options:
        if name.lower() not in known:
            yield f"option {_shortened(name)} is not allowed in settings: {_reason(name, form, known)}"


def _reason(name: str, form: Format, known: Mapping[str, str]) -> str:
    if name.lower() in _REASONS:
        return _REASONS[name.lower()]
    near = get_close_matches(name.lower(), known, n=1)
    hint = f"did you mean {known[near[0]]!r}?" if near else f"allowed for {form}: {', '.join(ALLOWED[form])}"
    return f"it does not describe how {form} is written; {hint}"


def _shortened(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:60] + "…")
