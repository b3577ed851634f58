"""Files of JSON with one thing wrong each."""

import gzip
import json
from decimal import Decimal

from hostile_input.ending import Case, Counted, Refused

GOOD = {"order": "o1", "who": "c1", "when": "2024-03-01 10:00:00", "units": 2, "price": 1.25, "what": "x"}


def line(**changed):
    return json.dumps({name: value for name, value in {**GOOD, **changed}.items() if value is not ...}) + "\n"


LOG = line() + line(who="c2")


def counted(accepted, customers=None, **rejected):
    return Counted(accepted, Decimal("2.5") * accepted, rejected, customers)


def cases():
    return [_case(*case) for case in (*_whole_files(), *_lines())]


def _case(kind, name, files, *ends):
    content = files if isinstance(files, dict) else {"log.json": files}
    as_bytes = {file: text if isinstance(text, bytes) else text.encode() for file, text in content.items()}
    return Case(f"{name} (JSON)", kind, as_bytes, ends, {"format": "json"})


def _whole_files():
    empty, encodings, other = "empty and header-only files", "encodings and byte-order marks", "files of another kind"
    nothing = Refused(("none of the first lines is a JSON object",))
    yield empty, "0 bytes", "", nothing
    yield empty, "blank lines", "\n\n \n", nothing
    yield empty, "0 bytes beside others", {"a.json": "", "b.json": LOG}, counted(2)
    yield empty, "empty objects", "{}\n{}\n", nothing
    yield encodings, "a mark", "\ufeff" + LOG, counted(2)
    yield encodings, "a mark on the second file", {"a.json": LOG, "b.json": "\ufeff" + LOG}, counted(4)
    yield encodings, "utf-16", LOG.encode("utf-16"), Refused(("UTF-16",))
    yield encodings, "utf-16 beside utf-8", {"a.json": LOG, "b.json": LOG.encode("utf-16-le")}, counted(2, None, unreadable_record=3)
    latin = (LOG + line(who="Andr@")).replace("@", "é").encode("latin-1")
    yield encodings, "latin-1", latin, counted(2, ("c1", "c2"), unreadable_id=1), counted(2, ("c1", "c2"), unreadable_record=1)
    yield other, "CSV", "order,who\n1,2\n", nothing
    yield other, "gzip named .json", gzip.compress(LOG.encode()), Refused(("must end in .gz",))
    yield other, "one array over many lines", json.dumps([GOOD, GOOD], indent=1), nothing
    yield other, "one array in one line", json.dumps([GOOD, GOOD]), nothing
    yield "truncated gzip", "cut off", {"log.json.gz": gzip.compress(LOG.encode() * 500)[:-20]}, Refused(("log.json.gz", "ends too early"))
    yield "line ends", "carriage returns", LOG.replace("\n", "\r"), counted(2)
    late = "".join(line(what=...) for _ in range(1_200)) + line()
    yield "columns: twice, missing, in another order", "one that comes late", late, Refused(("1 of 6 columns are missing", "'what'"))
    yield "columns: twice, missing, in another order", "another order", line() + json.dumps(dict(reversed(GOOD.items()))) + "\n", counted(2)
    yield "columns: twice, missing, in another order", "a key missing", LOG + line(price=...), counted(2, None, missing_price=1)
    yield (
        "columns: twice, missing, in another order",
        "one in other case",
        LOG + line().replace("who", "Who"),
        Refused(("the same name",)),
        counted(2, None, guest=1),
    )


def _lines():
    kind, broken = "broken lines of JSON", {"unreadable_record": 1}
    texts = {
        "cut off": line()[:40] + "\n",
        "cut off at the end of the file": line()[:-3],
        "a comma too many": line().replace("}", ",}"),
        "a comment": "// all orders\n",
        "two objects": line().strip() + line(),
        "two objects, blanks between": line().strip() + " \t " + line(),
        "three objects": line().strip() * 2 + line(),
        "rubbish behind": line().strip() + " xx\n",
        "rubbish before": "xx " + line(),
        "an array": json.dumps([GOOD]) + "\n",
        "an array of two": json.dumps([GOOD, GOOD]) + "\n",
        "half an array": json.dumps([GOOD, GOOD])[:-9] + "\n",
        "a text": '"x"\n',
        "a number": "5\n",
        "nothing": "null\n",
        "zero bytes before": "\0\0\0" + line(),
        "100,000 brackets": "[" * 100_000 + "\n",
        "5,000 objects in one another": '{"who":' + '{"a":' * 5_000 + "1" + "}" * 5_001 + "\n",
        "a number with a leading zero": line().replace("1.25", "01.25"),
        "a number without a fraction": line().replace("1.25", "1."),
        "a number of 2,000 digits": line(units=int("9" * 2_000)),
        "a field of 25 MB": line(what="x" * 25_000_000),
        "a key of 60,000 letters": '{"' + "k" * 60_000 + '":1}\n',
    }
    for name, text in texts.items():
        yield kind, name, LOG + text, Counted(2, Decimal(5), broken, ("c1", "c2"))
    yield kind, "only two objects in each line", LOG.replace("}\n{", "}{"), Refused(("none of the first lines is a JSON object",))
    good = {
        "signs of two objects in a text": {"what": 'a}{"b":1}'},
        "brackets in a text": {"what": "a}{b"},
        "a number as a text": {"units": "2"},
        "an exponent": {"units": "2e0"},
        "an object where a text is": {"what": {"a": 1}},
    }
    for name, changed in good.items():
        yield kind, name, LOG + line(**changed), counted(3)
    yield "fields of 10 MB", "a description", LOG + line(what="x" * 10_000_000), counted(3)
    yield kind, "an empty object", LOG + "{}\n", counted(2, None, **{"guest+missing_date+missing_quantity+missing_price": 1})
    for name, value in {"an object": {"a": 1}, "a list": [2], "a truth": True}.items():
        yield kind, f"{name} where a number is", LOG + line(units=value), counted(2, None, unreadable_quantity=1)
    for name, text in {"NaN": "NaN", "Infinity": "Infinity", "-Infinity": "-Infinity"}.items():
        yield "infinities and NaN", name, LOG + line().replace("1.25", text), counted(2, None, unreadable_price=1)
    yield "overflow and zero", "30 digits", LOG + line(units=10**30), counted(2, None, amount_too_large=1)
    yield "ids that look alike", "as whole numbers", line(who=17850) + line(who=17850.0) + line(who="17850 "), counted(3, ("17850",))
    yield "ids that look alike", "with a zero byte", LOG + line(who="c\x001"), counted(2, ("c1", "c2"), unreadable_id=1)
    yield "ids that look alike", "of nothing", LOG + line(who=None), counted(2, None, guest=1)
