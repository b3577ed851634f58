"""Files of CSV, plain and packed, with one thing wrong each."""

import bz2
import gzip
import io
import random
import zipfile
from decimal import Decimal

from hostile_input.ending import COLUMNS, Case, Counted, Refused, SettingsError

SEED = 20_240_302
HEADER = ",".join(COLUMNS.values()) + "\n"
WIDE = 10_000_000
_MISSING, _DIFFERS = "columns are missing", "its header differs"


def line(number, who=None, what="x"):
    """The line of an order of 2 x 1.25 by one of four customers."""
    return f"o{number},{who or f'c{number % 4}'},2024-01-{1 + number % 28:02d} 10:00:00,2,1.25,{what}\n"


def lines(count, first=0):
    return "".join(map(line, range(first, first + count)))


def counted(accepted, customers=None, **rejected):
    return Counted(accepted, Decimal("2.5") * accepted, rejected, customers)


LOG = HEADER + lines(10)
WHOLE = counted(10, ("c0", "c1", "c2", "c3"))
TWICE = counted(20, ("c0", "c1", "c2", "c3"))


def cases():
    return [*_encodings(), *_line_ends(), *_empty(), *_headers(), *_quotes(), *_sizes(), *_other_formats(), *_folders(), *_options()]


def _case(kind, name, files, *ends, **settings):
    content = files if isinstance(files, dict) else {"log.csv": files}
    as_bytes = {file: text if isinstance(text, bytes) else text.encode() for file, text in content.items()}
    return Case(name, kind, as_bytes, ends, settings)


def _refused(*words, error=None):
    return Refused(words, error) if error else Refused(words)


def _encodings():
    kind = "encodings and byte-order marks"
    latin = HEADER + line(1, "André") + line(2, "Andrè") + line(3)
    for wide in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        yield _case(kind, f"{wide} not told", LOG.encode(wide), _refused("UTF-32" if "32" in wide else "UTF-16", "input.options.encoding"))
        option = {"encoding": wide.replace("-le", "LE").replace("-be", "BE").upper()}
        yield _case(kind, f"{wide} told", LOG.encode(wide), WHOLE, options=option)
        yield _case(kind, f"{wide} told, gzipped", {"log.csv.gz": gzip.compress(LOG.encode(wide))}, WHOLE, options=option)
    yield _case(kind, "utf-16 beside utf-8", {"a.csv": LOG, "b.csv": LOG.encode("utf-16")}, _refused("csv"))
    yield _case(kind, "latin-1 not told", latin.encode("latin-1"), counted(1, ("c3",), unreadable_id=2))
    yield _case(kind, "latin-1 told", latin.encode("latin-1"), counted(3, ("Andrè", "André", "c3")), options={"encoding": "ISO-8859-1"})
    yield _case(kind, "latin-1 in texts only", (HEADER + line(1, what="é")).encode("latin-1"), counted(1, ("c1",)))
    header = HEADER.replace("who", "wér")
    yield _case(kind, "latin-1 in the header", (header + lines(3)).encode("latin-1"), _refused("is not UTF-8", "input.options.encoding"))
    yield _case(kind, "utf-8 told to be ascii", latin, counted(1, ("c3",), unreadable_id=2), options={"encoding": "US-ASCII"})
    yield _case(
        kind, "utf-8 cut inside a letter", latin.encode().replace(b"\xc3\xa9", b"\xc3"), counted(2, ("Andrè", "c3"), unreadable_id=1)
    )
    yield _case(kind, "a byte of no encoding", LOG.encode().replace(b"o3,", b"o\xff,"), Counted(9, Decimal("22.5"), {"unreadable_id": 1}))
    bom = "\ufeff"
    yield _case(kind, "a mark", bom + LOG, WHOLE)
    yield _case(kind, "a mark on both files", {"a.csv": bom + LOG, "b.csv": bom + LOG}, TWICE)
    yield _case(kind, "a mark on one file", {"a.csv": LOG, "b.csv": bom + LOG}, TWICE)
    yield _case(kind, "a mark before what is gzipped", {"a.csv.gz": gzip.compress((bom + LOG).encode())}, WHOLE)
    yield _case(kind, "a mark in the middle", LOG + bom + line(10), counted(11, ("c0", "c1", "c2", "c3")))
    yield _case(kind, "a mark and multiLine", bom + LOG, WHOLE, options={"multiLine": True})
    yield _case(kind, "a mark before a quoted header", bom + LOG.replace("order", '"order"', 1), WHOLE)
    yield _case(
        kind, "an encoding that is none", LOG, _refused("input.options", "UTF-99", error=SettingsError), options={"encoding": "UTF-99"}
    )


def _line_ends():
    kind = "line ends"
    for name, end in {"carriage return, line feed": "\r\n", "carriage return": "\r"}.items():
        yield _case(kind, name, LOG.replace("\n", end), WHOLE)
    mixed = HEADER + line(0).replace("\n", "\r\n") + line(1) + line(2).replace("\n", "\r") + line(3)
    yield _case(kind, "all kinds in one file", mixed, counted(4, ("c0", "c1", "c2", "c3")))
    yield _case(kind, "another kind in each file", {"a.csv": LOG, "b.csv": LOG.replace("\n", "\r\n")}, TWICE)
    yield _case(kind, "none at the end", LOG.rstrip(), WHOLE)
    yield _case(kind, "blank lines between", LOG.replace("\n", "\n\n\r\n"), WHOLE)
    last = HEADER.replace("who,", "").replace("what", "who")
    lines = [f"o{n},2024-01-01 10:00:00,2,1.25,c1" for n in range(3)]
    columns = {ours: theirs for ours, theirs in COLUMNS.items() if ours != "description"}
    text = last + lines[0] + "\r\n" + lines[1] + "\n" + lines[2] + "\r\n"
    yield _case(kind, "mixed behind ids, multiLine", text, counted(3, ("c1",)), options={"multiLine": True}, columns=columns)
    yield _case(kind, "mixed behind ids", text, counted(3, ("c1",)), columns=columns)
    yield _case(kind, "a line separator of Unicode", HEADER + line(1, what="a\u2028b\u0085c"), counted(1, ("c1",)))


def _empty():
    kind = "empty and header-only files"
    nothing, no_lines = _refused("it is empty, without even a header"), _refused("holds no lines")
    yield _case(kind, "0 bytes", "", nothing)
    yield _case(kind, "0 bytes beside others", {"a.csv": "", "b.csv": LOG}, WHOLE)
    yield _case(kind, "0 bytes named .gz", {"a.csv.gz": b""}, nothing)
    yield _case(kind, "nothing gzipped", {"a.csv.gz": gzip.compress(b"")}, nothing)
    yield _case(kind, "blank lines", "\n\n  \n", nothing)
    yield _case(kind, "a mark alone", "\ufeff", nothing)
    yield _case(kind, "a header", HEADER, no_lines)
    yield _case(kind, "a header without an end", HEADER.strip(), no_lines)
    yield _case(kind, "a header and blank lines", HEADER + "\n\n", no_lines)
    yield _case(kind, "headers in both files", {"a.csv": HEADER, "b.csv": HEADER}, no_lines)
    yield _case(kind, "a header beside others", {"a.csv": HEADER, "b.csv": LOG}, WHOLE)
    yield _case(kind, "zero bytes all over", b"\0" * 1000, _refused("nothing but zero bytes"))


def _headers():
    kind = "columns: twice, missing, in another order"
    yield _case(kind, "a mapped one twice", LOG.replace("what", "who", 1), _refused("'who'", "more than once", "'what'"))
    yield _case(kind, "one twice but for case", LOG.replace("what", "Who", 1), _refused("'who'", "more than once"))
    extra = "".join(f"1,2,{text}\n" for text in lines(10).splitlines())
    yield _case(kind, "another one twice", f"x,x,{HEADER}{extra}", WHOLE)
    yield _case(
        kind,
        "another one twice, and in another order",
        {"a.csv": f"x,x,{HEADER}{extra}", "b.csv": _swapped(f"x,x,{HEADER}{extra}", 2, 3)},
        _refused(_DIFFERS),
    )
    indexed = "," + HEADER + "".join(f"{n},{text}\n" for n, text in enumerate(lines(10).splitlines()))
    yield _case(kind, "one without a name", indexed, WHOLE)
    yield _case(kind, "one without a name in both", {"a.csv": indexed, "b.csv": indexed}, TWICE)
    yield _case(
        kind, "one without a name, and in another order", {"a.csv": indexed, "b.csv": _swapped(indexed, 1, 2)}, _refused(_DIFFERS, "b.csv")
    )
    packed = {"a.csv.gz": gzip.compress(indexed.encode()), "b.csv.gz": gzip.compress(_swapped(indexed, 1, 2).encode())}
    yield _case(kind, "the same, gzipped", packed, _refused(_DIFFERS, "b.csv.gz"))
    yield _case(kind, "in another order", {"a.csv": LOG, "b.csv": _swapped(LOG, 0, 1)}, _refused(_DIFFERS))
    yield _case(kind, "one fewer in the second file", {"a.csv": LOG, "b.csv": _without_last(LOG)}, _refused("csv"))
    yield _case(kind, "one more in the second file", {"a.csv": LOG, "b.csv": LOG.replace("\n", ",z\n")}, _refused(_DIFFERS))
    yield _case(kind, "another name in the second file", {"a.csv": LOG, "b.csv": LOG.replace("units", "stock")}, _refused("csv"))
    yield _case(kind, "no header in the second file", {"a.csv": LOG, "b.csv": lines(5)}, _refused("csv"))
    yield _case(kind, "other case in the second file", {"a.csv": LOG, "b.csv": LOG.replace("what", "WHAT")}, TWICE, _refused(_MISSING))
    yield _case(kind, "a missing one", _without_last(LOG), _refused("1 of 6 " + _MISSING, "'what'"))
    yield _case(kind, "no header at all", lines(5), _refused("6 of 6 " + _MISSING))
    yield _case(
        kind,
        "the header again in the middle",
        LOG + LOG,
        Counted(20, Decimal(50), {"unreadable_date+unreadable_quantity+unreadable_price": 1}),
    )
    yield _case(kind, "blanks around names", LOG.replace("who", " who "), _refused("'who'", "did you mean ' who '?"))
    yield _case(kind, "names of look-alikes", LOG.replace("who", "wh\u043e", 1), _refused("'who'", "did you mean"))
    yield _case(kind, "names with invisible signs", LOG.replace("who", "wh\u200bo", 1), _refused("'who'", "did you mean"))
    yield _case(kind, "a name of 100,000 letters", LOG.replace("what", "w" * 100_000, 1), _refused("'what'", "100,000 characters"))
    yield _case(kind, "30,000 columns", "," * 30_000 + "\n" + lines(3), _refused("maxColumns"))
    yield _case(
        kind,
        "2,000 further columns",
        HEADER.strip() + "".join(f",n{n}" for n in range(2_000)) + "\n" + line(1).strip() + "," * 2_000 + "\n",
        counted(1),
    )


def _quotes():
    kind = "embedded newlines, quotes and separators"
    good = line(2)

    def one(what, *more, **rejected):
        return HEADER + line(1, what=what) + good, counted(2 + len(more), None, **rejected)

    for name, what in {
        "separators": '"a,b,,c"',
        "doubled quotes": '"say ""hi"""',
        "only quotes": '""""',
        "an empty text": '""',
        "semicolons": "a;b|c\td",
    }.items():
        yield _case(kind, name, *one(what))
    for name, what in {
        "a quote inside": 'a"b',
        "a quote at the end": 'ab"',
        "inches": '19" rack',
        "an open quote in the last column": '"ab',
        "a backslash": "ab\\",
        "a backslash and a quote": '"ab\\""',
    }.items():
        yield _case(kind, name, *one(what))
    yield _case(kind, "a separator outside quotes", HEADER + line(1, what="a,b") + good, counted(1, None, unreadable_record=1))
    yield _case(kind, "a field too few", HEADER + line(1).replace(",x", "") + good, counted(1, None, unreadable_record=1))
    yield _case(kind, "an open quote", HEADER + line(1, '"c1') + good, counted(1, None, unreadable_record=1))
    yield _case(kind, "an open quote in the first column", HEADER + '"' + line(1) + good, counted(1, None, unreadable_record=1))
    newline = HEADER + line(1, what='"red\nmug"') + good
    yield _case(kind, "a newline not told", newline, counted(2, None, unreadable_record=1))
    yield _case(kind, "a newline told", newline, counted(2), options={"multiLine": True})
    yield _case(kind, "two newlines told", HEADER + line(1, what='"a\r\nb\n"') + good, counted(2), options={"multiLine": True})
    yield _case(
        kind,
        "a newline inside an id, told",
        HEADER + line(1, '"c\n1"') + good,
        counted(1, ("c2",), unreadable_id=1),
        options={"multiLine": True},
    )
    yield _case(
        kind,
        "an open quote, multiLine",
        HEADER + line(1) + line(2, '"c2') + lines(3, 5),
        counted(1, None, unreadable_record=1),
        options={"multiLine": True},
    )
    thousands = HEADER + line(1).replace(",2,", ",1,000,") + good
    yield _case(
        kind, "thousands separators outside quotes", thousands, Counted(1, Decimal("2.5"), {"unreadable_record+price_not_above_zero": 1})
    )
    yield _case(kind, "another separator", LOG.replace(",", ";"), _refused("single column", "input.options.sep"))
    yield _case(kind, "another separator in the second file", {"a.csv": LOG, "b.csv": LOG.replace(",", ";")}, _refused("csv"))
    yield _case(kind, "zero bytes before a line", HEADER + "\0\0\0" + line(1) + good, counted(2, ("c1", "c2")))
    yield _case(kind, "zero bytes after the last line", LOG + "\0" * 500 + "\n", WHOLE)


def _sizes():
    kind = "fields of 10 MB"
    yield _case(kind, "a description", HEADER + line(1, what="x" * WIDE) + line(2), counted(2))
    yield _case(kind, "a date", HEADER + line(1).replace("2024", "2" * WIDE) + line(2), counted(1, None, unreadable_date=1))
    yield _case(kind, "a price", HEADER + line(1).replace("1.25", "1" * WIDE) + line(2), counted(1, None, unreadable_price=1))
    yield _case(kind, "a line without separators", HEADER + "x" * WIDE + "\n" + line(2), counted(1, None, unreadable_record=1))
    yield _case(kind, "an open quote", HEADER + line(1, '"' + "x" * WIDE) + line(2), counted(1, None, unreadable_record=1))
    yield _case(
        kind,
        "a gzipped one of a few bytes",
        {"a.csv.gz": gzip.compress((HEADER + line(1, what="x" * WIDE) + line(2)).encode())},
        counted(2),
    )
    yield _case(kind, "25,000 fields", HEADER + "," * 25_000 + "\n" + line(2), _refused("maxColumns"))


def _other_formats():
    kind = "files of another kind"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("log.csv", LOG)
    rubbish = random.Random(SEED).randbytes(5_000)
    yield _case(kind, "zip", {"log.zip": archive.getvalue()}, _refused("zip archive"))
    yield _case(kind, "zip named .csv", archive.getvalue(), _refused("zip archive"))
    yield _case(kind, "gzip named .csv", gzip.compress(LOG.encode()), _refused("must end in .gz"))
    yield _case(kind, "bzip2 named .csv", bz2.compress(LOG.encode()), _refused("must end in .bz2"))
    yield _case(kind, "CSV named .gz", {"log.csv.gz": LOG}, _refused("log.csv.gz", "not a gzip file"))
    yield _case(kind, "CSV named .bz2", {"log.csv.bz2": LOG}, _refused("log.csv.bz2"))
    yield _case(kind, "CSV named .zst", {"log.csv.zst": LOG}, _refused("log.csv.zst"))
    yield _case(kind, "Parquet", b"PAR1\0\1\2PAR1", _refused("a Parquet file"))
    yield _case(kind, "a web page", "<!DOCTYPE html>\n<html>404</html>\n", _refused("web page"))
    yield _case(kind, "JSON", '{"order": "o1", "who": "c1"}\n', _refused("JSON", "input.format json"))
    yield _case(kind, "rubbish", rubbish, _refused(_MISSING))
    yield _case(kind, "rubbish beside a log", {"a.csv": LOG, "b.csv": rubbish}, _refused("csv"), _refused(_MISSING))
    yield _case(kind, "a packed log", {"log.csv.bz2": bz2.compress(LOG.encode())}, WHOLE)
    yield _case(kind, "a packed log cut off", {"log.csv.bz2": bz2.compress(LOG.encode())[:100]}, _refused("log.csv.bz2"))


def _folders():
    kind = "folders"
    yield _case(kind, "one below", {"a.csv": LOG, "more/b.csv": LOG}, _refused("1 of 2 files", "more/b.csv", "recursiveFileLookup"))
    yield _case(kind, "one below, told", {"a.csv": LOG, "more/b.csv": LOG}, TWICE, options={"recursiveFileLookup": True})
    yield _case(kind, "only below", {"more/b.csv": LOG, "most/c.csv": LOG}, _refused("recursiveFileLookup"))
    yield _case(kind, "by day", {"day=1/a.csv": LOG, "day=2/a.csv": LOG}, TWICE)
    yield _case(kind, "hidden ones", {"a.csv": LOG, "_tmp/b.csv": LOG, ".x/c.csv": LOG, "_SUCCESS": b""}, WHOLE)
    yield _case(kind, "a readme beside", {"a.csv": LOG, "readme.txt": "All orders.\n"}, _refused("readme.txt"), _refused(_MISSING))


def _options():
    kind = "hostile settings: reader options"
    refused = _refused("input.options", error=SettingsError)
    values = {
        "sep": "",
        "quote": "''",
        "escape": "ab",
        "lineSep": "",
        "header": "maybe",
        "maxColumns": "x",
        "multiLine": "yes",
        "comment": "##",
    }
    values |= {
        "unescapedQuoteHandling": "BOO",
        "samplingRatio": "-1",
        "compression": "zip",
        "path": "/etc",
        "modifiedAfter": "x",
        "columnNameOfCorruptRecord": "who",
        "nope": 1,
    }
    for name, value in values.items():
        yield _case(kind, f"{name} {value!r}", LOG, refused, options={name: value})
    for name, value in {"mode": "FAILFAST", "columnPruning": True, "locale": "xx_YY"}.items():
        yield _case(kind, f"{name} {value!r}", LOG + "bad\n", Counted(10, Decimal(25), {"unreadable_record": 1}), options={name: value})
    yield _case(kind, "mode drops", LOG + "bad\n", Counted(10, Decimal(25), {"unreadable_record": 1}), options={"mode": "DROPMALFORMED"})
    for name in ("maxColumns", "maxCharsPerColumn"):
        yield _case(kind, f"{name} 2", LOG, _refused("maxColumns, maxCharsPerColumn"), options={name: 2})
    yield _case(kind, "a filter nothing passes", LOG, _refused("no file there"), options={"pathGlobFilter": "*.nope"})


def gzips(flips):
    """A gzipped log cut off and with bits turned over, and how each must end: in an error, or as if nothing had happened."""
    draw = random.Random(SEED)
    count = 400
    text = HEADER + "".join(line(n, f"c{draw.randrange(10**6)}", f"x{draw.randrange(10**6)}") for n in range(count))
    whole, good = gzip.compress(text.encode(), mtime=0), counted(count)
    early, damaged = _refused("log.csv.gz", "ends too early"), _refused("log.csv.gz", "Fetch it again")
    for left in (1, 2, 5, 9, 12, 100, len(whole) // 2, len(whole) - 9, len(whole) - 8, len(whole) - 4, len(whole) - 1):
        yield _case("truncated gzip", f"{left:,} bytes of {len(whole):,}", {"log.csv.gz": whole[:left]}, early)
    yield _case("truncated gzip", "one of two", {"a.csv": LOG, "log.csv.gz": whole[:3000]}, early)
    yield _case("truncated gzip", "the second of two parts", {"log.csv.gz": whole + gzip.compress(lines(50).encode())[:-9]}, early)
    yield _case("truncated gzip", "two parts", {"log.csv.gz": whole + gzip.compress(lines(50).encode())}, counted(count + 50))
    yield _case("truncated gzip", "something behind", {"log.csv.gz": whole + b"garbage"}, damaged)
    yield _case("truncated gzip", "zeros behind", {"log.csv.gz": whole + b"\0" * 512}, damaged)
    for _ in range(flips):
        place, bit = draw.randrange(len(whole)), draw.randrange(8)
        bits = bytearray(whole)
        bits[place] ^= 1 << bit
        # Of the ten bytes before the data, some tell a time and a system that nobody asks for.
        ends = (damaged, good) if place < 10 else (damaged,)
        yield _case("bytes flipped", f"gzip, bit {bit} of byte {place:,}", {"log.csv.gz": bytes(bits)}, *ends)


def _swapped(text, one, other):
    rows = [row.split(",") for row in text.splitlines()]
    for row in rows:
        row[one], row[other] = row[other], row[one]
    return "".join(",".join(row) + "\n" for row in rows)


def _without_last(text):
    return "".join(row.rpartition(",")[0] + "\n" for row in text.splitlines())
