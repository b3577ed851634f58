"""Single values and counts of a table: which are published, and how finely."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.privacy.suppression import (
    n_suppressed,
    n_suppressed_by_table,
    publishable_quantile,
    reveals_small_group,
    suppress_counts,
    suppress_together,
    with_nulls,
)


def buyers(*rows):
    return [dict(zip(("region", "product", "buyers", "share"), row, strict=True)) for row in rows]


COUNTS = buyers(("n", "a", 3, 0.1), ("n", "b", 50, 0.5), ("n", "c", 20, 0.4), ("s", "a", 40, 0.8), ("s", "b", 12, 0.2), ("s", "c", 0, 0.0))


@pytest.mark.parametrize(
    ("min_group_size", "by", "expected"),
    [
        # 20 is the smallest that keeps 3 from following from the region's total.
        (10, ("region",), [None, 50, None, 40, 12, 0]),
        # Of the whole table, 12 is.
        (10, (), [None, 50, 20, 40, None, 0]),
        (15, ("region",), [None, 50, None, None, None, 0]),
        (10, ("region", "product"), [None, 50, 20, 40, 12, 0]),
        (1, ("region",), [3, 50, 20, 40, 12, 0]),
    ],
)
def test_small_counts_are_suppressed_with_those_of_their_group_they_could_be_derived_from(min_group_size, by, expected):
    rows = suppress_counts(COUNTS, "buyers", ("share",), min_group_size, by)
    assert [row["buyers"] for row in rows] == expected
    assert [row["share"] is None for row in rows] == [count is None for count in expected]
    assert [(row["region"], row["product"]) for row in rows] == [(row["region"], row["product"]) for row in COUNTS]


def test_counts_that_are_null_already_stay_null_and_a_table_may_be_empty():
    rows = suppress_counts(buyers(("n", "a", None, 0.3), ("n", "b", 60, 0.5), ("n", "c", 20, 0.4)), "buyers", ("share",), 10, ("region",))
    assert [(row["buyers"], row["share"]) for row in rows] == [(None, 0.3), (60, 0.5), (20, 0.4)]
    assert suppress_counts([], "buyers", ("share",), 10) == []


@given(counts=st.lists(st.tuples(st.sampled_from("nsw"), st.integers(0, 40)), max_size=12), min_group_size=st.integers(1, 12))
def test_neither_a_published_count_nor_the_rest_of_a_groups_total_is_small(counts, min_group_size):
    exact = buyers(*((region, "a", count, 0.1) for region, count in counts))
    rows = suppress_counts(exact, "buyers", (), min_group_size, ("region",))
    for region in "nsw":
        pairs = [(row["buyers"], before["buyers"]) for row, before in zip(rows, exact, strict=True) if row["region"] == region]
        assert all(count is None or count == before for count, before in pairs)
        assert not any(0 < (count or 0) < min_group_size for count, _ in pairs)
        rest = [before for count, before in pairs if count is None]
        assert sum(rest) == 0 or sum(rest) >= min_group_size or len(rest) == len(pairs)


def test_a_misspelt_column_is_an_error():
    with pytest.raises(KeyError, match="no columns shares"):
        suppress_counts(COUNTS, "buyers", ("shares",), 10)
    with pytest.raises(KeyError, match="no columns b, c"):
        with_nulls({"a": 1}, ("a", "b", "c"))


@pytest.mark.parametrize(("small", "expected"), [(3, {"new": None, "stayed": None}), (0, {"new": 0, "stayed": 100})])
def test_counts_that_follow_from_each_other_are_suppressed_together(small, expected):
    assert suppress_together({"new": small, "stayed": 100}, 10) == expected
    assert suppress_together({"new": small, "stayed": 100}, 1) == {"new": small, "stayed": 100}


@pytest.mark.parametrize(
    ("level", "customers", "is_published"),
    [(0.5, 19, False), (0.5, 20, True), (0.1, 99, False), (0.1, 100, True), (0.9, 99, False), (0.9, 100, True)],
)
def test_a_quantile_is_published_with_a_group_to_either_side(level, customers, is_published):
    assert (publishable_quantile(12.0, level, customers, 10) is not None) == is_published


@pytest.mark.parametrize(
    ("value", "expected"), [(674.23, 674.0), (1234.5, 1230.0), (0.123456, 0.123), (-0.98765, -0.988), (0.0, 0.0), (37, 37.0), (None, None)]
)
def test_a_quantile_has_three_significant_digits(value, expected):
    assert publishable_quantile(value, 0.5, 1_000, 10) == expected


@pytest.mark.parametrize(("part", "expected"), [(0, False), (1, True), (9, True), (10, False), (90, False), (91, True), (100, False)])
def test_a_part_or_the_rest_of_the_total_is_a_small_group_unless_it_is_empty(part, expected):
    assert reveals_small_group(part, 100, 10) == expected


def test_suppressed_values_are_those_that_were_there_before():
    before, after = [{"a": 1, "b": None}], [{"a": None, "b": None}, {"a": 2, "b": None}]
    assert n_suppressed(before, after) == 2
    assert n_suppressed_by_table({"changed": (before, after), "same": (before, before)}) == {"changed": 2}
