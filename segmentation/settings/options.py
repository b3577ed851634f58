"""Which of Spark's reader options settings may give: those that say how a file is written, and none that reaches beyond it.

Spark hands every option on to Hadoop's configuration, where a name can load a class, carry a password or point elsewhere; the settings
are published with each run. So what is not listed here is refused.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Literal

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

KNOWN: Mapping[Format, tuple[str, ...]] = {
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
    "ignorecorruptfiles": "lines would be lost that no table accounts for",
    "ignoremissingfiles": "lines would be lost that no table accounts for",
    "badrecordspath": "lines that cannot be read are kept in rejected_lines, and nowhere else",
    "columnnameofcorruptrecord": "lines that cannot be read are kept in rejected_lines, and nowhere else",
}


def option_faults(form: Format, options: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with the options of a source; values are not repeated, since one may be a password."""
    known = {name.lower(): name for name in KNOWN[form]}
    for name in options:
        if name.lower() not in known:
            yield f"option {_shown(name)} is not for settings: {_reason(name, form, known)}"


def _reason(name: str, form: Format, known: Mapping[str, str]) -> str:
    if name.lower() in _REASONS:
        return _REASONS[name.lower()]
    near = get_close_matches(name.lower(), known, n=1)
    hint = f"did you mean {known[near[0]]!r}?" if near else f"those of {form} that are: {', '.join(KNOWN[form])}"
    return f"it is none that says how {form} is written; {hint}"


def _shown(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:60] + "…")
