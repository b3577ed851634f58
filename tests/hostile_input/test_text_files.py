"""A file of CSV that is not as it should be ends in an error that says so, or in exactly the counts of what can be read."""

import pytest

from hostile_input import text_files
from hostile_input.ending import ending, is_as_expected, written

CASES = [*text_files.cases(), *text_files.gzips(flips=12)]


def _ids(case):
    return f"{case.kind}: {case.name}"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", CASES, ids=_ids)
def test_a_text_file_ends_as_it_must(spark, tmp_path, case):
    result = ending(spark, written(case, tmp_path / "log"), **case.settings)
    assert any(is_as_expected(result, expected) for expected in case.ends), result


@pytest.mark.exhaustive
@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", list(text_files.gzips(flips=300))[-288:], ids=_ids)
def test_a_flipped_bit_never_passes_for_a_log(spark, tmp_path, case):
    result = ending(spark, written(case, tmp_path / "log"))
    assert any(is_as_expected(result, expected) for expected in case.ends), result
