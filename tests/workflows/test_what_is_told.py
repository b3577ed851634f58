"""What segments' figures rest on, and what is told of them."""

from types import SimpleNamespace

from pyspark.sql import Row

from segmentation.insight.profile import segment_profile, segment_summary
from segmentation.privacy.described import Block
from segmentation.workflows.small_groups import SmallGroups, blocks_of, counted

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


def gathered(customers, returning, without_gender):
    def figures(having, of=customers):
        return Row(count=of, mean=having / of, quantiles=[0.1, 0.2345, 0.9], level=0.5, variance=0.1, having=having)

    known = customers - without_gender
    women = known // 2
    by_name = dict(
        zip(
            FEATURES,
            (
                figures(customers),
                figures(returning),
                figures(customers // 2),
                figures(customers // 2),
                figures(customers),
                figures(women, known),
                figures(known - women, known),
                figures(without_gender),
            ),
            strict=True,
        )
    )
    places = {"silhouette": 0.5, "silhouettes": [0.1, 0.2, 0.3], "misplaced": 30, "border_customers": 40}
    return lambda number: Row(segment_id=number, customers=customers, **places, **by_name)


ROWS = [gathered(300, 3, 40)(1), gathered(200, 50, 3)(2), gathered(150, 60, 30)(3)]


def told(smallest_group):
    groups = SmallGroups(ROWS, FEATURES, [AGE, *GENDER], smallest_group)
    summary = segment_summary(ROWS, FEATURES, {"as_of": None, "run_id": "r"}, ["age", "gender_female", "gender_male"])
    profile = segment_profile(ROWS, FEATURES)
    profile = [row | dict.fromkeys(("effect", "effect_low", "effect_high", "rank"), 1) for row in profile]
    return summary, groups.summary(summary), profile, groups.profile(profile)


def test_features_stand_in_blocks_that_give_each_other_back():
    assert list(blocks_of(FEATURES, [AGE, *GENDER])) == [
        Block(("age",), is_attribute=True),
        Block(("gender_female", "gender_male"), is_share=True, is_attribute=True, flag="gender_missing"),
        Block(("category_share_bags", "category_share_toys"), is_share=True),
        Block(("recency_days",)),
        Block(("return_rate",), is_share=True),
    ]


def test_summary_and_profile_keep_back_the_same_means():
    _, summary, _, profile = told(10)
    silent = {(row["segment_id"], row["feature"]) for row in profile if row["mean"] is None}
    assert {(1, "return_rate"), (2, "gender_missing")} <= silent
    assert {row["segment_id"] for row in summary if row["return_rate_mean"] is None} == {s for s, f in silent if f == "return_rate"}
    assert len({s for s, f in silent if f == "return_rate"}) == 2


def test_shares_of_an_attribute_that_few_lack_are_round_and_one_goes_with_these_few():
    exact, summary, _, _ = told(10)
    assert exact[1]["gender_male_mean"] == 99 / 197
    assert (summary[1]["gender_male_mean"], summary[1]["gender_female_mean"]) == (0.5, None)
    assert summary[1]["age_mean"] == 1.0


def test_where_groups_may_be_of_one_all_is_told_as_it_is():
    summary, told_summary, profile, told_profile = told(1)
    assert (told_summary, told_profile) == (summary, profile)


def test_what_is_kept_back_is_counted_by_table():
    _, _, profile, told_profile = told(10)
    found = counted({"segment_profile": (profile, told_profile), "accounting": (profile, profile)})
    assert set(found) == {"segment_profile"}
    assert found["segment_profile"] >= 3 * 9
