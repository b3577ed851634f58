"""Lines with one thing wrong each: (kind, name, what is changed, reasons to reject it, amount)."""

import random
from decimal import Decimal

GOOD = {"order": "o1", "who": "c1", "when": "2024-03-01 10:00:00", "units": "2", "price": "3.5"}
FIELDS = (*GOOD, "what")
SEED = 20_240_301

_NUMBERS = {
    "thousands separators": {
        "1,000": None,
        "1.000.000": None,
        "1 000": None,
        "1\u00a0000": None,
        "1\u202f000": None,
        "1'000": None,
        "1_000": None,
        "1.234,5": None,
        "1,5": None,
    },
    "exponents": {"1e3": "1000", "1E3": "1000", "1e+2": "100", "2.5e-1": "0.25", "1e": None, "e3": None, "1e3.5": None, "1e1000": None},
    "infinities and NaN": {
        "inf": None,
        "Inf": None,
        "Infinity": None,
        "-Infinity": None,
        "+inf": None,
        "NaN": None,
        "nan": None,
        "-nan": None,
        "∞": None,
        "1.#INF": None,
    },
    "numbers of another kind": {
        "+2": "2",
        ".5": "0.5",
        "2.": "2",
        "002": "2",
        "2d": None,
        "2f": None,
        "2D": None,
        "2L": None,
        "0x10": None,
        "0x1p3": None,
        "0b11": None,
        "2-": None,
        "(2)": None,
        "--2": None,
        "£2": None,
        "2 pcs": None,
        "1/2": None,
        "50%": None,
        "two": None,
        "true": None,
        "２": None,
        "٢": None,
        "²": None,
        "−2": None,
        "2\u200b": None,
        "\ufeff2": None,
        "\u00a02": None,
        "=2": None,
        "{}": None,
        "[2]": None,
        "'2'": None,
        "\ufffd": None,
        "2\t": "2",
        " 2 ": "2",
    },
}
"""By kind of fault, texts of a quantity and the number they stand for; None where they stand for none."""

_LARGE = [
    ("units", "1000000000", "1", [], "1000000000"),
    ("units", "1000000001", "1", ["amount_too_large"], None),
    ("units", "9223372036854775807", "1", ["amount_too_large"], None),
    ("units", "9223372036854775808", "1", ["amount_too_large"], None),
    ("units", "922337203685477.5808", "1", ["amount_too_large"], None),
    ("units", "-922337203685477.5809", "1", ["amount_too_large"], None),
    ("units", "1e308", "1e308", ["amount_too_large"], None),
    ("units", "1e309", "1", ["unreadable_quantity"], None),
    ("units", "9" * 400, "1", ["unreadable_quantity"], None),
    ("units", "1" + "0" * 300, "1", ["amount_too_large"], None),
    ("units", "1e-400", "1", ["zero_quantity"], "0"),
    ("units", "1", "0.00001", ["amount_too_small"], "0"),
    ("units", "0", "1", ["zero_quantity"], "0"),
    ("units", "-0", "1", ["zero_quantity"], "0"),
    ("units", "0e5", "1", ["zero_quantity"], "0"),
    ("units", "1", "0", ["price_not_above_zero"], "0"),
    ("units", "1", "-1", ["price_not_above_zero"], "-1"),
    ("units", "1", "-0.0", ["price_not_above_zero"], "0"),
    ("units", "-3", "1", [], "-3"),
    ("units", "", "1", ["missing_quantity"], None),
    ("units", "  ", "1", ["missing_quantity"], None),
    ("units", "1", "", ["missing_price"], None),
    ("units", "\t", "1", ["unreadable_quantity"], None),
]
_DATES = {
    "": "missing_date",
    " ": "missing_date",
    "0001-01-01 00:00:00": None,
    "0000-01-01 00:00:00": "unreadable_date",
    "-0001-01-01 00:00:00": "unreadable_date",
    "1066-10-14 09:00:00": None,
    "1582-10-04 00:00:00": None,
    "1582-10-10 00:00:00": None,
    "1582-10-15 00:00:00": None,
    "1900-02-28 00:00:00": None,
    "1900-02-29 00:00:00": "unreadable_date",
    "1970-01-01 00:00:00": None,
    "2000-02-29 00:00:00": None,
    "2023-02-29 00:00:00": "unreadable_date",
    "2024-02-30 00:00:00": "unreadable_date",
    "2024-13-01 00:00:00": "unreadable_date",
    "2024-00-01 00:00:00": "unreadable_date",
    "2024-01-00 00:00:00": "unreadable_date",
    "2024-01-32 00:00:00": "unreadable_date",
    "2024-01-01 24:00:00": "unreadable_date",
    "2024-01-01 23:60:00": "unreadable_date",
    "2016-12-31 23:59:60": "unreadable_date",
    "2024-03-31 02:30:00": None,
    "2024-03-10 02:30:00": None,
    "2024-10-27 02:30:00": None,
    "2011-12-30 12:00:00": None,
    "9999-12-31 23:59:59": None,
    "10000-01-01 00:00:00": "unreadable_date",
    "99999-01-01 00:00:00": "unreadable_date",
    "294247-01-10 04:00:54": "unreadable_date",
    "01/03/2024 10:00:00": "unreadable_date",
    "2024-3-1 10:00:00": "unreadable_date",
    "24-03-01 10:00:00": "unreadable_date",
    "2024-03-01": "unreadable_date",
    "2024-03-01T10:00:00": "unreadable_date",
    "2024-03-01 10:00:00Z": "unreadable_date",
    "2024-03-01 10:00:00+25:00": "unreadable_date",
    "1709287200": "unreadable_date",
    "45352.4166": "unreadable_date",
    "now": "unreadable_date",
    "today": "unreadable_date",
    "epoch": "unreadable_date",
    "infinity": "unreadable_date",
    "２０２４-03-01 10:00:00": "unreadable_date",
    "2024‐03‐01 10:00:00": "unreadable_date",
}
IDS = {
    " c1": "c1",
    "c1 ": "c1",
    "\tc1": "c1",
    "c1\t": "c1",
    "\u00a0c1\u00a0": "c1",
    "c1\u200b": "c1",
    "c\u200b1": "c1",
    "c\u200d1": "c1",
    "c\u00ad1": "c1",
    "\ufeffc1": "c1",
    "\u202ec1": "c1",
    "\u2060c1": "c1",
    "\u3000c1": "c1",
    "ｃ１": "c1",
    "１７８５０": "17850",
    "17850.0": "17850",
    " 17850.00\u00a0": "17850",
    "0017": "0017",
    "00017850": "00017850",
    "C1": "C1",
    "с1": "с1",
    "André": "André",
    "Andre\u0301": "Andre\u0301",
    "客户一": "客户一",
    "🛒": "🛒",
    "1e5": "1e5",
    "c 1": "c 1",
    "c\u00a01": "c\u00a01",
    "-1": "-1",
    "=1+1": "=1+1",
    "'; DROP TABLE c; --": "'; DROP TABLE c; --",
    "../../etc/passwd": "../../etc/passwd",
    '"c1"': '"c1"',
    "c,1": "c,1",
    "c;1": "c;1",
    "x" * 5000: "x" * 5000,
    "": "guest",
    "   ": "guest",
    "\u00a0": "guest",
    "\u200b": "guest",
    "\ufeff": "guest",
    "\t": "guest",
    "NULL": "guest",
    "n/a": "guest",
    "NaN": "guest",
    "ＮａＮ": "guest",
    "nu\u200bll": "guest",
    "c\x001": "unreadable_id",
    "c\t1": "unreadable_id",
    "c\x1b[31m1": "unreadable_id",
    "c\x7f1": "unreadable_id",
    "c\x851": "unreadable_id",
    "Andr\ufffd": "unreadable_id",
    "\ufffd": "unreadable_id",
}
"""Texts of a customer, and who that is; or why it is nobody."""
_NOBODY = ("guest", "unreadable_id")


def cases():
    """Every line with its fault."""
    collected = [
        (kind, f"quantity {text!r}", {"units": text}, *_of(value)) for kind, texts in _NUMBERS.items() for text, value in texts.items()
    ]
    collected += [
        ("overflow and zero", f"{shown(units)} x {price!r}", {"units": units, "price": price}, why, _decimal(amount))
        for _, units, price, why, amount in _LARGE
    ]
    collected += [("dates", f"date {text!r}", {"when": text}, [why] if why else [], Decimal(7)) for text, why in _DATES.items()]
    collected += [
        ("ids that look alike", f"customer {shown(text)}", {"who": text}, [who] if who in _NOBODY else [], Decimal(7))
        for text, who in IDS.items()
    ]
    return [(*rest[:2], {**GOOD, **rest[2]}, *rest[3:]) for rest in collected]


def shown(text):
    return ascii(text if len(text) < 40 else f"{text[:10]}... of {len(text)}")


def _of(number):
    return ([], Decimal(number) * Decimal("3.5")) if number else (["unreadable_quantity"], None)


def _decimal(text):
    return None if text is None else Decimal(text)


def flipped(count, seed=SEED):
    """Good lines of CSV in each of which one bit of one byte is turned over; line ends and quotes are not among the outcomes."""
    draw = random.Random(seed)
    lines = []
    while len(lines) < count:
        line = bytearray(",".join(GOOD.values()).encode())
        place = draw.randrange(len(line))
        line[place] ^= 1 << draw.randrange(8)
        if line[place] not in b'\n\r"':
            lines.append(bytes(line))
    return lines
