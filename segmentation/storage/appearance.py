"""What a file that is not what it should be seems to be, by its first bytes."""

import fsspec

_SIGNS = {
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
_PACKED = (".gz", ".bz2")


def appearance(filesystem: fsspec.AbstractFileSystem, file: str) -> str | None:
    """What the file looks like, and what to do; None where it looks like nothing known, or cannot be opened from here."""
    try:
        with filesystem.open(file, compression="infer" if file.endswith(_PACKED) else None) as opened:
            first = opened.read(16)
    except (EOFError, OSError, ValueError):
        return "damaged, or not packed at all, though it is named so: fetch it again" if file.endswith(_PACKED) else None
    found = next((what for sign, what in _SIGNS.items() if first.startswith(sign)), None)
    if found or not first:
        return found
    if first.count(0) == len(first):
        return "nothing but zero bytes: it was probably not written to its end. Fetch it again"
    # Western letters in UTF-16 are every other byte.
    return "UTF-16 text: set input.options.encoding to UTF-16LE or UTF-16BE" if {0} in (set(first[::2]), set(first[1::2])) else None
