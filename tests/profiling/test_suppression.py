"""Suppression in segment_summary and segment_profile."""

from types import SimpleNamespace

import pytest
from pyspark.sql import Row

from segmentation.profiling.aggregates import segment_profile, segment_summary
from segmentation.profiling.suppression import (
    FeatureBlock,
    SegmentSuppression,
    Support,
    SuppressedCells,
    feature_blocks,
    suppress_profile,
    suppress_summary,
    suppressed_cells,
)

SIZES = {1: 200, 2: 200, 3: 200}


@pytest.mark.parametrize(
    ("nonzero", "customers", "block", "expected"),
    [
        # A mean share that few have anything of, with that of another segment.
        ({1: [3], 2: [40], 3: [80]}, SIZES, FeatureBlock(("a",), is_share=True), {(1, "a"), (2, "a")}),
        # Shares that add up to 1, in squares.
        (
            {1: [3, 40, 60], 2: [80, 15, 70], 3: [90, 50, 100]},
            SIZES,
            FeatureBlock(("a", "b", "c"), is_share=True),
            {(1, "a"), (1, "b"), (2, "a"), (2, "b")},
        ),
        # A feature that few have a value of.
        ({1: [5], 2: [150], 3: [190]}, {1: 5, 2: 150, 3: 190}, FeatureBlock(("a",)), {(1, "a"), (2, "a")}),
        # A level that all but a few have.
        ({1: [196], 2: [100], 3: [100]}, SIZES, FeatureBlock(("a",), is_share=True, is_attribute=True), {(1, "a"), (2, "a")}),
    ],
)
def test_values_of_small_groups_are_suppressed_with_those_they_could_be_derived_from(nonzero, customers, block, expected):
    supports = {(s, "abcd"[n]): Support(customers[s], count) for s in nonzero for n, count in enumerate(nonzero[s])}
    assert suppressed_cells(SIZES, supports, [block], 10).suppressed == expected


def test_where_a_small_group_has_no_value_of_an_attribute_its_levels_are_rounded():
    nonzero = {1: [100, 97, 3], 2: [80, 100, 20], 3: [90, 80, 30]}
    cells = suppressed_cells(
        SIZES,
        {(s, f): Support(SIZES[s] - line[2] if f != "c" else SIZES[s], line["abc".index(f)]) for s, line in nonzero.items() for f in "abc"},
        [FeatureBlock(("a", "b"), is_share=True, is_attribute=True, missing_flag="c")],
        10,
    )
    assert (1, "c") in cells.suppressed
    assert cells.rounded | cells.suppressed >= {(1, "a"), (1, "b")}


ROW = {"segment_id": 1, "feature": "a", "unit": "share", "mean": 0.12345, "p10": 0.01234, "p50": 0.1, "p90": 0.2, "index": 123.4}
ROW |= {"hedges_g": 0.5678, "hedges_g_ci_low": 0.1234, "hedges_g_ci_high": 0.9876, "rank": 1}


def profile_row(customers, cells):
    return suppress_profile([ROW], {(1, "a"): Support(customers, customers)}, cells, 10)[0]


def test_a_suppressed_row_of_the_profile_has_its_feature_and_unit():
    row = profile_row(500, SuppressedCells(suppressed=frozenset({(1, "a")})))
    assert {name for name, value in row.items() if value is not None} == {"segment_id", "feature", "unit"}


def test_rounded_values_have_two_decimals():
    row = profile_row(500, SuppressedCells(rounded=frozenset({(1, "a")})))
    assert (row["mean"], row["index"], row["hedges_g"]) == (0.12, 123.0, 0.57)


def test_outer_quantiles_of_a_small_segment_are_suppressed():
    assert [profile_row(50, SuppressedCells())[name] for name in ("mean", "p10", "p50", "p90")] == [0.12345, None, 0.1, None]


SUMMARY = {"segment_id": 1, "customers": 200, "silhouette_p10": 0.12345, "silhouette_p50": 0.5, "silhouette_p90": 0.9}
SUMMARY |= {"silhouette_below_0_share": 0.1, "border_customers": 30, "border_share": 0.15, "a_mean": 12.5, "a_median": 11.0}


@pytest.mark.parametrize(
    ("changed", "nulls"),
    [
        ({}, set()),
        ({"border_customers": 3, "border_share": 0.015}, {"border_customers", "border_share"}),
        ({"border_customers": 195, "border_share": 0.975}, {"border_customers", "border_share"}),
        ({"border_customers": 0, "border_share": 0.0}, set()),
        ({"silhouette_below_0_share": 0.04}, {"silhouette_below_0_share"}),
        ({"customers": 60}, {"silhouette_p10", "silhouette_p90", "silhouette_below_0_share"}),
    ],
)
def test_a_summary_publishes_nothing_of_small_groups(changed, nulls):
    (row,) = suppress_summary([SUMMARY | changed], {(1, "a"): Support(200, 200)}, SuppressedCells(), 10)
    assert {name for name, value in row.items() if value is None} == nulls


def test_a_summary_suppresses_what_the_profile_suppresses():
    (row,) = suppress_summary([SUMMARY], {(1, "a"): Support(200, 200)}, SuppressedCells(suppressed=frozenset({(1, "a")})), 10)
    assert (row["a_mean"], row["a_median"]) == (None, None)


FEATURES = (
    "recency_days",
    "return_rate",
    "category_share_bags",
    "category_share_toys",
    "age",
    "gender_female",
    "gender_male",
    "gender_missing",
)
GENDER = [SimpleNamespace(name=f"gender_{level}", attribute="gender", unit="share") for level in ("female", "male")]
AGE = SimpleNamespace(name="age", attribute="age", unit="number")


def aggregates(customers, returning, without_gender):
    def values(having, of=customers):
        return Row(count=of, mean=having / of, quantiles=[0.1, 0.2345, 0.9], level=0.5, variance=0.1, having=having)

    known = customers - without_gender
    women = known // 2
    by_name = dict(
        zip(
            FEATURES,
            (
                values(customers),
                values(returning),
                values(customers // 2),
                values(customers // 2),
                values(customers),
                values(women, known),
                values(known - women, known),
                values(without_gender),
            ),
            strict=True,
        )
    )
    silhouettes = {"silhouette": 0.5, "silhouettes": [0.1, 0.2, 0.3], "misplaced": 30, "border_customers": 40}
    return lambda number: Row(segment_id=number, customers=customers, **silhouettes, **by_name)


ROWS = [aggregates(300, 3, 40)(1), aggregates(200, 50, 3)(2), aggregates(150, 60, 30)(3)]


def tables(min_group_size):
    """Summary and profile, each before and after suppression."""
    suppression = SegmentSuppression(ROWS, FEATURES, [AGE, *GENDER], min_group_size)
    summary = segment_summary(ROWS, FEATURES, {"as_of": None, "run_id": "r"}, ["age", "gender_female", "gender_male"])
    profile = segment_profile(ROWS, FEATURES)
    profile = [row | dict.fromkeys(("hedges_g", "hedges_g_ci_low", "hedges_g_ci_high", "rank"), 1) for row in profile]
    return summary, suppression.summary(summary), profile, suppression.profile(profile)


def test_features_lie_in_blocks_that_can_be_derived_from_each_other():
    assert list(feature_blocks(FEATURES, [AGE, *GENDER])) == [
        FeatureBlock(("age",), is_attribute=True),
        FeatureBlock(("gender_female", "gender_male"), is_share=True, is_attribute=True, missing_flag="gender_missing"),
        FeatureBlock(("category_share_bags", "category_share_toys"), is_share=True),
        FeatureBlock(("recency_days",)),
        FeatureBlock(("return_rate",), is_share=True),
    ]


def test_both_tables_suppress_the_same_means():
    _, summary, _, profile = tables(10)
    nulls = {(row["segment_id"], row["feature"]) for row in profile if row["mean"] is None}
    assert {(1, "return_rate"), (2, "gender_missing")} <= nulls
    assert {row["segment_id"] for row in summary if row["return_rate_mean"] is None} == {s for s, f in nulls if f == "return_rate"}
    assert len({s for s, f in nulls if f == "return_rate"}) == 2


def test_shares_of_an_attribute_that_a_small_group_lacks_are_rounded_and_one_is_suppressed():
    exact, summary, _, _ = tables(10)
    assert exact[1]["gender_male_mean"] == 99 / 197
    assert (summary[1]["gender_male_mean"], summary[1]["gender_female_mean"]) == (0.5, None)
    assert summary[1]["age_mean"] == 1.0


def test_with_groups_of_one_nothing_is_suppressed():
    summary, suppressed_summary, profile, suppressed_profile = tables(1)
    assert (suppressed_summary, suppressed_profile) == (summary, profile)
