"""Parquet that is not as it should be ends in an error that says so, or in exactly the counts of what can be read."""

import pytest

from hostile_input import parquet_files
from hostile_input.ending import ending, is_as_expected, written

FIXED, EVERY = 24, 400
FLIPS = list(parquet_files.flips(EVERY))


def _ids(case):
    return f"{case.kind}: {case.name}"


def _ends_as_it_must(spark, folder, case):
    result = ending(spark, written(case, folder / "log"), **case.settings)
    assert any(is_as_expected(result, expected) for expected in case.ends), result


@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", [*parquet_files.cases(), *FLIPS[:FIXED]], ids=_ids)
def test_parquet_ends_as_it_must(spark, tmp_path, case):
    _ends_as_it_must(spark, tmp_path, case)


@pytest.mark.exhaustive
@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", FLIPS[FIXED:], ids=_ids)
def test_a_flipped_bit_never_passes_for_other_lines(spark, tmp_path, case):
    _ends_as_it_must(spark, tmp_path, case)
