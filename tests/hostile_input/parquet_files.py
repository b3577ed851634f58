"""Files of Parquet with one thing wrong each."""

import io
import random
from datetime import date, datetime
from decimal import Decimal

import pyarrow as arrow
from pyarrow import parquet

from hostile_input.ending import Case, Counted, Refused

SEED = 20_240_303
COUNT = 10
WHOLE = Counted(COUNT, Decimal(25))
TWICE = Counted(2 * COUNT, Decimal(50))
_OTHER_TYPE, _MISSING = Refused(("another type than in the other files", "b.parquet")), "do not agree on their columns"
NOON = datetime(2024, 3, 1, 12)


def table(count=COUNT, **changed):
    """Lines of 2 x 1.25 by one of four customers; None leaves a column out."""
    columns = {
        "order": arrow.array([f"o{n}" for n in range(count)]),
        "who": arrow.array([f"c{n % 4}" for n in range(count)]),
        "when": arrow.array([NOON] * count, arrow.timestamp("us")),
        "units": arrow.array([2] * count, arrow.int64()),
        "price": arrow.array([1.25] * count),
        "what": arrow.array(["x"] * count),
    }
    return arrow.table({name: column for name, column in {**columns, **changed}.items() if column is not None})


def content(lines, **options):
    written = io.BytesIO()
    parquet.write_table(lines, written, **options)
    return written.getvalue()


def cases():
    return [*_types(), *_columns(), *_broken(), *_values()]


def _case(kind, name, files, *ends):
    as_bytes = {f"{file}.parquet": lines if isinstance(lines, bytes) else content(lines) for file, lines in files.items()}
    return Case(name, kind, as_bytes, ends, {"format": "parquet", "timestamp_format": None})


def many(value, kind=None):
    return arrow.array([value] * COUNT, kind)


def _types():
    kind = "types changing between Parquet files"
    fine = {
        "units": [many(2, arrow.int16()), many(2, arrow.int32())],
        "who": [many("c1").dictionary_encode(), many("c1", arrow.large_string()), many(b"c1")],
        "when": [
            many(NOON, arrow.timestamp("ms")),
            many(NOON, arrow.timestamp("us", "UTC")),
            many(NOON, arrow.timestamp("us", "Asia/Tokyo")),
        ],
        "price": [many(1.25, arrow.float32())],
    }
    other = {
        "units": [many(2.0), many("2"), many(Decimal("2.0")), many(True), many([2])],
        "who": [many(7), many(7.0), arrow.nulls(COUNT)],
        "when": [many("2024-03-01 12:00:00"), many(1_709_294_400)],
        "price": [many("1.25"), many(1), many(Decimal("1.25")), many(Decimal("1.250"), arrow.decimal128(20, 3))],
    }
    for column, changed in fine.items():
        for values in changed:
            yield _case(kind, f"{column}, then as {values.type}", {"a": table(), "b": table(**{column: values})}, TWICE)
    for column, changed in other.items():
        for values in changed:
            end = _end_of_other(column, values)
            yield _case(kind, f"{column}, then as {values.type}", {"a": table(), "b": table(**{column: values})}, end)
            yield _case(kind, f"{column}, first as {values.type}", {"a": table(**{column: values}), "b": table()}, end)
    nanoseconds = many(NOON, arrow.timestamp("ns"))
    mixed = Refused((_MISSING, "'when' is in nanoseconds in 1 of 2 files"))
    yield _case(kind, "when, then in nanoseconds", {"a": table(), "b": table(when=nanoseconds)}, mixed)
    yield _case(kind, "when, first in nanoseconds", {"a": table(when=nanoseconds), "b": table()}, mixed)
    yield _case(kind, "when, in nanoseconds in both", {"a": table(when=nanoseconds), "b": table(when=nanoseconds)}, TWICE)
    yield _case(
        kind, "a column not asked for", {"a": table().append_column("y", many(1)), "b": table().append_column("y", many("1"))}, TWICE
    )
    for values in (many("2"), many(2.0), many(Decimal("2.0"))):
        yield _case(kind, f"units, everywhere as {values.type}", {"a": table(units=values)}, WHOLE)
    for name, values in {"lists": many([2]), "truths": many(True), "bytes": many(b"\xff")}.items():
        yield _case(
            kind, f"units, everywhere as {name}", {"a": table(units=values)}, Counted(0, Decimal(0), {"unreadable_quantity": COUNT})
        )
    yield _case(kind, "units, nowhere given", {"a": table(units=arrow.nulls(COUNT))}, Counted(0, Decimal(0), {"missing_quantity": COUNT}))
    yield _case(kind, "when, as a time of day", {"a": table(when=many(NOON.time()))}, Refused(("times of day",)))


def _end_of_other(column, values):
    if column == "when" and arrow.types.is_integer(values.type):
        return Refused((_MISSING, "'when' is a whole number in 1 of 2 files"))
    return Refused(("b.parquet",)) if arrow.types.is_nested(values.type) else _OTHER_TYPE


def _columns():
    kind = "columns: twice, missing, in another order"
    good = table()
    yield _case(kind, "in another order (Parquet)", {"a": good, "b": good.select(list(reversed(good.column_names)))}, TWICE)
    yield _case(kind, "in other case (Parquet)", {"a": good, "b": good.rename_columns([name.upper() for name in good.column_names])}, TWICE)
    for name in ("order", "who", "units", "price", "when", "what"):
        lacking = {"a": good, "b": table(**{name: None})}
        yield _case(
            kind,
            f"{name} missing in the second (Parquet)",
            lacking,
            Refused((_MISSING, f"'{name}' is missing in 1 of 2 files", "b.parquet")),
        )
    yield _case(kind, "missing in the first (Parquet)", {"a": table(price=None), "b": good}, Refused((_MISSING, "'price'", "a.parquet")))
    yield _case(kind, "missing in all (Parquet)", {"a": table(price=None)}, Refused(("1 of 6 columns are missing", "'price'")))
    yield _case(kind, "twice (Parquet)", {"a": good.append_column("who", good["who"])}, Refused(("the same name",)))
    yield _case(kind, "twice but for case (Parquet)", {"a": good.append_column("Who", good["who"])}, Refused(("the same name",)))
    yield _case(kind, "none at all (Parquet)", {"a": arrow.table({})}, Refused(("it has no columns",)))
    yield _case(kind, "one called as ours inside (Parquet)", {"a": good.append_column("__unreadable_record", good["who"])}, WHOLE)


def _broken():
    kind = "truncated Parquet"
    whole = content(table(500), compression="snappy")
    cut = Refused(("log/a.parquet", "Parquet"))
    for left in (1, 4, 8, 100, len(whole) // 2, len(whole) - 8, len(whole) - 4, len(whole) - 1):
        yield _case(kind, f"{left:,} bytes of {len(whole):,}", {"a": whole[:left]}, cut)
    yield _case(kind, "0 bytes", {"a": b""}, Refused(("an empty file",)))
    yield _case(kind, "0 bytes beside others", {"a": table(), "b": b""}, Refused(("b.parquet: an empty file",)))
    yield _case(kind, "the second one", {"a": table(), "b": whole[:1_000]}, Refused(("b.parquet",)))
    yield _case(kind, "only its magic", {"a": b"PAR1PAR1"}, cut)
    yield _case(kind, "a footer longer than the file", {"a": whole[:-8] + (2**31 - 1).to_bytes(4, "little") + b"PAR1"}, cut)
    yield _case(kind, "its beginning lost", {"a": whole[1_000:]}, Refused(("a.parquet",)))
    yield _case("files of another kind", "CSV named .parquet", {"a": b"order,who\n1,2\n"}, cut)
    yield _case("files of another kind", "CSV beside Parquet", {"a": table(), "b": b"order,who\n1,2\n"}, Refused(("b.parquet",)))
    empty = "empty and header-only files"
    yield _case(empty, "Parquet without rows", {"a": table().slice(0, 0)}, Refused(("holds no lines",)))
    yield _case(empty, "Parquet without rows beside others", {"a": table().slice(0, 0), "b": table()}, WHOLE)
    below = Case(
        "Parquet in a folder below",
        "folders",
        {"a.parquet": content(table()), "more/b.parquet": content(table())},
        (Refused(("1 of 2 files",)),),
    )
    yield Case(below.name, below.kind, below.files, below.ends, {"format": "parquet"})


def _values():
    early = [datetime(1, 1, 1), datetime(1066, 10, 14), datetime(1582, 10, 10), datetime(1899, 12, 31), datetime(9999, 12, 31, 23, 59, 59)]
    kind = "dates"
    some = {"count": len(early)}
    ancient = Counted(len(early), Decimal("12.5"))
    yield _case(kind, "years 1 to 9999", {"a": table(**some, when=arrow.array(early, arrow.timestamp("us")))}, ancient)
    yield _case(kind, "years 1 to 9999 as days", {"a": table(**some, when=arrow.array([day.date() for day in early]))}, ancient)
    spark_2 = content(table(**some, when=arrow.array(early, arrow.timestamp("us"))), use_deprecated_int96_timestamps=True)
    yield _case(kind, "years 1 to 9999 as INT96", {"a": spark_2}, ancient)
    beyond = [2**62, -(2**62), 0]
    one_left = Counted(1, Decimal("2.5"), {"unreadable_date": 2})
    yield _case(kind, "years beyond", {"a": table(3, when=arrow.array(beyond, arrow.timestamp("us")))}, one_left)
    yield _case(kind, "days beyond", {"a": table(3, when=arrow.array([2**31 - 1, -(2**31), 0], arrow.date32()))}, one_left)
    yield _case(
        kind, "milliseconds beyond", {"a": table(3, when=arrow.array(beyond, arrow.timestamp("ms")))}, one_left, Refused(("a.parquet",))
    )
    days = [date(1, 1, 1), date(9999, 12, 31)]
    yield _case(kind, "the first day and the last", {"a": table(2, when=arrow.array(days))}, Counted(2, Decimal(5)))
    numbers = {"price": arrow.array([float("nan"), float("inf"), float("-inf"), 1e308, -0.0, 5e-324])}
    reasons = {"unreadable_price": 3, "amount_too_large": 1, "price_not_above_zero": 1, "amount_too_small": 1}
    yield _case("infinities and NaN", "doubles", {"a": table(6, **numbers)}, Counted(0, Decimal(0), reasons))
    whole = arrow.array([2**63 - 1, -(2**63), 1])
    yield _case("overflow and zero", "BIGINT", {"a": table(3, units=whole)}, Counted(1, Decimal("1.25"), {"amount_too_large": 2}))
    huge = arrow.array([Decimal(10) ** 37, Decimal(1)], arrow.decimal128(38, 0))
    yield _case("overflow and zero", "DECIMAL", {"a": table(2, units=huge)}, Counted(1, Decimal("1.25"), {"amount_too_large": 1}))
    ids = arrow.array([17850.0, 2.0**53, float("nan"), None])
    kind = "ids that look alike"
    yield _case(kind, "as doubles", {"a": table(4, who=ids)}, Counted(2, Decimal(5), {"guest": 2}, ("17850", "9007199254740992")))
    letters = arrow.array([b"\xff\xfe", b"7", "Zoë".encode(), "Zoë".encode("latin-1")])
    yield _case(kind, "as bytes", {"a": table(4, who=letters)}, Counted(2, Decimal(5), {"unreadable_id": 2}, ("7", "Zoë")))


def flips(count, compressions=("none", "snappy", "zstd", "gzip")):
    """Parquet with checksums of its pages in which one bit is turned over: an error, or the lines as they were; never others."""
    draw = random.Random(SEED)
    lines = 200
    who = arrow.array([f"c{draw.randrange(10**6)}" for _ in range(lines)])
    expected = Counted(lines, Decimal("2.5") * lines, {}, tuple(sorted(set(who.to_pylist()))))
    wholes = {name: content(table(lines, who=who), compression=name, write_page_checksum=True) for name in compressions}
    for number in range(count):
        name = compressions[number % len(compressions)]
        bits = bytearray(wholes[name])
        # Behind the pages is the footer, which has no checksum.
        place, bit = draw.randrange(4, _end_of_pages(wholes[name])), draw.randrange(8)
        bits[place] ^= 1 << bit
        ends = (Refused(("a.parquet",)), expected)
        yield _case("bytes flipped", f"Parquet, {name}, bit {bit} of byte {place:,}", {"a": bytes(bits)}, *ends)


def _end_of_pages(whole):
    return len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
