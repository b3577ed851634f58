"""An independent search for customer ids: as whole values in Parquet, as whole words in texts.

Bytes would not do: five digits also occur by chance in hexadecimal digests, in sizes of files and in compressed pages.
"""

import html
import json
import re
from pathlib import Path

from pyarrow import parquet

NO_TEXT = (".crc", ".lock")


def files_naming(root, ids):
    """Paths below a root and the ids that each of them holds."""
    files = sorted(path for path in Path(root).rglob("*") if path.is_file() and not path.name.endswith(NO_TEXT))
    named = {str(path.relative_to(root)): {one for text in texts_of(path) for one in words_in(text, ids)} for path in files}
    return {path: words for path, words in named.items() if words}


def words_in(text, ids):
    """Ids that a text holds as a word, not as a part of a decimal number."""
    return [one for one in ids if one in text and re.search(rf"(?<![\w.]){re.escape(one)}(?!\w|\.\d)", text)]


def texts_of(path):
    """The texts of a file; numbers of JSON and Parquet are none."""
    if path.suffix == ".parquet":
        yield from strings_in(parquet.ParquetFile(path).read().to_pylist())
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".html":
        yield html.unescape(text)
        return
    for part in [text] if json_of(text) else text.splitlines():
        yield from strings_in(json_of(part) or part)


def json_of(text):
    """An object or an array in JSON; None for any other text."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict | list) else None


def strings_in(value):
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for part in value:
            yield from strings_in(part)
    elif isinstance(value, str):
        yield value
