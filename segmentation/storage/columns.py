"""Whether a table has the columns that the settings name, and what may be wrong where it has not."""

import difflib
from collections.abc import Mapping, Sequence

from segmentation.errors import InputError, shortened
from segmentation.storage.agreement import repeated_names
from segmentation.storage.appearance import appearance
from segmentation.storage.source import Source, files_of

_MOST_SHOWN = 50
_MOST_LOOKED_AT = 20
_UNQUOTED = "They are not shown: in a file without a header they are a customer's line (privacy.pseudonyms)"
_NOTHING = {"csv": "nothing stands there, not even a header", "json": "none of the first lines is a JSON object"}


def check_columns(found: Sequence[str], columns: Mapping[str, str], source: Source, section: str, quotes: bool = True) -> None:
    """Raise unless every mapped column is among those found.

    Parameters
    ----------
    found
        The table's own names.
    columns
        Our name to theirs.
    source
        Where the table lies.
    section
        Where the settings name the columns, for messages.
    quotes
        Whether messages may quote what was found: a file without a header shows its first line in place of one.

    Raises
    ------
    InputError
        The missing ones, each with the nearest match; what was found; and what the file looks like, if like something else.
    """
    missing = {ours: theirs for ours, theirs in columns.items() if theirs not in found}
    if not missing:
        return
    hint = _hint(found, source, section.partition(".")[0])
    if not found:
        raise InputError(f"{source.path}: {_NOTHING.get(source.format, 'it has no columns')}{hint or f'. Check {section}'}")
    twice = repeated_names(found)
    lines = [
        f"  - {shortened(theirs)!r} ({section}.{ours}){_remedy(theirs, found, twice) if quotes else ''}" for ours, theirs in missing.items()
    ]
    shown = ", ".join(repr(shortened(name)) for name in found[:_MOST_SHOWN]) if quotes else f"{len(found)} others. {_UNQUOTED}"
    raise InputError("\n".join([f"{source.path}: {len(missing)} of {len(columns)} columns are missing", *lines, f"Found: {shown}{hint}"]))


def _remedy(theirs: str, found: Sequence[str], twice: set[str]) -> str:
    if theirs.lower() in twice:
        return " stands in the header more than once: give each column a name of its own"
    near = difflib.get_close_matches(theirs, [name[:1000] for name in found], n=1, cutoff=0.5)
    return f", did you mean {shortened(near[0])!r}?" if near else ""


def _hint(found: Sequence[str], source: Source, root: str) -> str:
    """What may be wrong with a file as a whole, as a line of its own."""
    looks = _looks_like(source)
    if looks:
        return f"\n{looks.replace('input.', f'{root}.')}"
    if any("\ufffd" in name for name in found):
        return f"\nThe header is not UTF-8: set {root}.options.encoding, such as ISO-8859-1"
    alone = len(found) == 1 and any(sign in found[0] for sign in ",;\t|")
    return f"\nThe header is a single column: is the separator right? Set {root}.options.sep" if alone else ""


def _looks_like(source: Source) -> str | None:
    """The first of some files that looks like something else than its format."""
    listed = files_of(source) if source.format in ("csv", "json") else None
    if listed is None:
        return None
    filesystem, files = listed
    found = ((file, appearance(filesystem, file)) for file in files[:_MOST_LOOKED_AT])
    is_meant = "JSON: " if source.format == "json" else "\0"
    return next((f"{file} looks like {looks}" for file, looks in found if looks and not looks.startswith(is_meant)), None)
