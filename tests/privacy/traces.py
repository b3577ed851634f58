"""A search of files for secrets: in their bytes, and in the decoded content of Parquet and gzip files."""

import base64
import gzip
import hashlib
import struct
from pathlib import Path

from pyarrow import parquet


def encodings_of(key):
    """The key and everything that it can be restored from: its block, and that xor ipad and opad, in all usual encodings."""
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    encodings = {}
    for pad in (0x00, 0x36, 0x5C):
        plain = bytes(byte ^ pad for byte in key)
        words = [bytes(byte ^ pad for byte in block[at : at + 8]) for at in range(0, (32 if len(key) > 64 else len(key)) - 7, 8)]
        signed = [number for word in words for number in struct.unpack(">q", word) + struct.unpack("<q", word)]
        ways = {
            "bytes": [plain, plain[::-1]],
            "utf-16": [plain.decode("latin-1").encode("utf-16-le"), plain.decode("latin-1").encode("utf-16-be")],
            "hexadecimal": [plain.hex().encode(), plain.hex().upper().encode(), plain.hex(" ").encode(), plain.hex(" ").upper().encode()],
            "base64": [form for code in (base64.b64encode, base64.urlsafe_b64encode) for form in inner_base64(plain, code)],
            "words": [form for word in words for form in (word, word[::-1])],
            "numbers": [str(number).encode() for number in signed],
            "list": [", ".join(map(str, plain)).encode(), ",".join(map(str, plain)).encode()],
        }
        encodings |= {(way, f"xor {pad:#x}", number): form for way, forms in ways.items() for number, form in enumerate(forms)}
    return encodings


def inner_base64(plain, code):
    """Base64 of some bytes at any offset of a longer text, without the digits that depend on their neighbours."""
    return [code(b"\0" * before + plain)[4 if before else 0 :][: len(plain) * 4 // 3 - 4] for before in range(3)]


def texts_of(path):
    """A file's bytes, and its decoded content."""
    raw = path.read_bytes()
    yield raw
    if raw[:4] == b"PAR1" and raw[-4:] == b"PAR1":
        table = parquet.ParquetFile(path).read()
        yield "\n".join(str(row) for row in table.to_pylist()).encode()
        yield str(table.schema).encode() + str(parquet.ParquetFile(path).metadata.metadata).encode()
    if raw[:2] == b"\x1f\x8b":
        yield gzip.decompress(raw)


def files_below(root):
    return [path for path in Path(root).rglob("*") if path.is_file()]


def files_with(paths, forms):
    """By form, the files that contain it."""
    files = {}
    for path in paths:
        texts = list(texts_of(path))
        for name, form in forms.items():
            if any(form in text for text in texts):
                files.setdefault(name, []).append(str(path))
    return {name: sorted(where) for name, where in files.items()}
