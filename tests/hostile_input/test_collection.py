"""The collection is as large as it says, and has every kind of fault."""

from collections import Counter

from hostile_input import json_files, parquet_files, text_files
from hostile_input.lines import cases
from hostile_input.settings_files import FILES, OVERRIDES
from hostile_input.test_lines import FLIPPED

KINDS = {
    "bytes flipped",
    "truncated gzip",
    "truncated Parquet",
    "encodings and byte-order marks",
    "line ends",
    "embedded newlines, quotes and separators",
    "fields of 10 MB",
    "thousands separators",
    "exponents",
    "infinities and NaN",
    "numbers of another kind",
    "overflow and zero",
    "dates",
    "empty and header-only files",
    "columns: twice, missing, in another order",
    "types changing between Parquet files",
    "ids that look alike",
    "broken lines of JSON",
    "files of another kind",
    "folders",
    "hostile settings: reader options",
}


def test_every_kind_of_fault_is_there_and_no_fault_twice():
    flips = [*text_files.gzips(flips=12), *list(parquet_files.flips(24))]
    files = [*text_files.cases(), *json_files.cases(), *parquet_files.cases(), *flips]
    lines = [(kind, name) for kind, name, *_ in cases()]
    faults = Counter([(case.kind, case.name, case.settings.get("format")) for case in files] + [(*line, "line") for line in lines])
    assert {kind for kind, *_ in faults} == KINDS
    assert [fault for fault, times in faults.items() if times > 1] == []
    assert len(faults) + len(FLIPPED) + len(FILES) + len(OVERRIDES) >= 600


def test_it_is_made_of_the_same_bytes_each_time():
    assert [case.files for case in text_files.gzips(4)] == [case.files for case in text_files.gzips(4)]
    assert [case.files for case in parquet_files.flips(4)] == [case.files for case in parquet_files.flips(4)]
