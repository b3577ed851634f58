"""Files of one table agree on their columns, or the first that does not is named."""

import fsspec
import pyarrow as arrow
import pytest
from pyarrow import parquet

from segmentation.errors import InputError
from segmentation.storage.agreement import check_footers, has_made_up_names, repeated_names

LOCAL = fsspec.filesystem("file")


def _parquet(tmp_path, name, **columns):
    parquet.write_table(arrow.table(columns), tmp_path / name)
    return str(tmp_path / name)


def test_names_that_spark_made_up_are_known():
    assert has_made_up_names(["_c0", "who"])
    assert has_made_up_names(["x0", "who", "X2"])
    assert not has_made_up_names(["who", "q2", "q3", "c_c0"])
    assert repeated_names(["x0", "who", "X2", "y3"]) == {"x"}


def test_a_column_must_be_in_all_files_or_in_none(tmp_path):
    files = [_parquet(tmp_path, "a.parquet", Who=["7"], units=[1]), _parquet(tmp_path, "b.parquet", who=["8"])]
    assert check_footers(LOCAL, files, ["who", "day"]) is None
    with pytest.raises(InputError, match=r"'units' is missing in 1 of 2 files, such as .*b\.parquet"):
        check_footers(LOCAL, files, ["who", "units", "day"])


def test_nanoseconds_are_in_all_files_or_in_none(tmp_path):
    fine, coarse = (arrow.array([0], arrow.timestamp(unit)) for unit in ("ns", "ms"))
    files = [_parquet(tmp_path, "a.parquet", when=coarse), _parquet(tmp_path, "b.parquet", when=fine)]
    with pytest.raises(InputError, match=r"'when' is in nanoseconds in 1 of 2 files, such as .*b\.parquet"):
        check_footers(LOCAL, files, ["when"])
    assert check_footers(LOCAL, files[:1], ["when"]) is check_footers(LOCAL, files[1:], ["when"]) is None


def test_times_are_not_numbers_in_another_file(tmp_path):
    files = [_parquet(tmp_path, "a.parquet", when=[0]), _parquet(tmp_path, "b.parquet", when=arrow.array([0], arrow.timestamp("us")))]
    with pytest.raises(InputError, match=r"'when' is a whole number in 1 of 2 files, such as .*a\.parquet, and a time in others"):
        check_footers(LOCAL, files, ["when"])


def test_what_is_no_parquet_is_left_for_spark_to_tell_of(tmp_path):
    (tmp_path / "b.parquet").write_text("who")
    files = [_parquet(tmp_path, "a.parquet", who=["7"]), str(tmp_path / "b.parquet")]
    assert check_footers(LOCAL, [*files, str(tmp_path / "nowhere")], ["who"]) is None
