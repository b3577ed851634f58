"""JSON that is not as it should be ends in an error that says so, or in exactly the counts of what can be read."""

import pytest

from hostile_input import json_files
from hostile_input.ending import ending, is_as_expected, written


@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", json_files.cases(), ids=lambda case: f"{case.kind}: {case.name}")
def test_json_ends_as_it_must(spark, tmp_path, case):
    result = ending(spark, written(case, tmp_path / "log"), **case.settings)
    assert any(is_as_expected(result, expected) for expected in case.ends), result
