"""Settings that are frozen, and parts of them that must agree."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from segmentation.errors import SettingsError
from segmentation.settings import ClusteringSettings, FeatureSettings, settings_from_dict

UNUSED = {"use": False}
NO_FEATURE = {
    "value": dict.fromkeys(("recency_days", "frequency_orders", "monetary_net", "order_value_avg"), UNUSED),
    "preferences": {"category_shares": UNUSED},
}
PATTERNS = {"patterns": [{"category": "bags", "pattern": "BAG"}]}
LOOKUP = {"lookup": {"format": "csv", "path": "products.csv", "product_id": "Code", "category": "Group"}}


def _settings(columns=(), **sections):
    needed = {"customer_id": "c", "ordered_at": "t", "amount": "a"}
    return settings_from_dict({"input": {"format": "csv", "path": "log.csv", "columns": {**needed, **dict(columns)}}, **sections})


def _fault(columns=(), **sections):
    with pytest.raises(SettingsError) as raised:
        _settings(columns, **sections)
    return str(raised.value).removeprefix("settings: 1 error in the settings\n  - ")


@pytest.mark.parametrize(
    ("section", "key"), [("clustering", "seed"), ("features", "as_of"), ("input", "path"), ("rules", "exact_duplicates")]
)
def test_no_setting_can_be_changed_later(section, key):
    with pytest.raises(ValidationError, match="frozen"):
        setattr(getattr(_settings(), section), key, "other")


def test_settings_hold_what_was_asked_for_and_defaults_elsewhere():
    settings = _settings(clustering={"k": 5})
    assert (settings.clustering.k, settings.clustering.n_init, settings.output.path) == (5, 5, "output")
    assert [name for name, feature in settings.features.value if feature.use] == [
        "recency_days",
        "frequency_orders",
        "monetary_net",
        "order_value_avg",
    ]


def test_what_is_said_of_a_feature_lies_over_its_own_default_key_by_key():
    features = _settings(
        features={"value": {"recency_days": {"weight": 2}, "tenure_days": {"use": True, "cap_quantiles": [0.1, 0.9]}}}
    ).features
    assert features.value.recency_days == FeatureSettings(use=True, transform="log1p", weight=2.0)
    assert features.value.tenure_days == FeatureSettings(use=True, transform="log1p", cap_quantiles=(0.1, 0.9))
    assert features.value.frequency_orders == FeatureSettings(use=True, transform="log1p")
    assert features.preferences.category_shares == FeatureSettings(use=True)


@pytest.mark.parametrize(
    ("columns", "categories", "fault"),
    [
        ({"category": "g", "description": "d"}, PATTERNS, "found input.columns.category and categories.patterns"),
        ({"product_id": "p", "category": "g"}, LOOKUP, "found input.columns.category and categories.lookup"),
        ({"product_id": "p", "description": "d"}, PATTERNS | LOOKUP, "found categories.lookup and categories.patterns"),
    ],
)
def test_categories_come_from_one_place(columns, categories, fault):
    assert _fault(columns, categories=categories) == f"settings: categories come from one source, {fault}"


def test_category_patterns_need_a_description():
    assert _fault(categories=PATTERNS) == "settings: categories.patterns read input.columns.description, which is not mapped"


def test_a_category_lookup_needs_a_product_id():
    assert _fault(categories=LOOKUP) == "settings: categories.lookup joins on input.columns.product_id, which is not mapped"


def test_codes_that_are_no_products_need_a_product_id():
    fault = _fault(rules={"excluded_products": ["POST"]})
    assert fault == "settings: rules.excluded_products needs input.columns.product_id, which is not mapped"


def test_baskets_need_a_product_id():
    fault = _fault(baskets={"use": True})
    assert fault == "settings: baskets.use needs input.columns.product_id, which is not mapped: map it, or set baskets.use to false"


def test_at_least_one_feature_must_be_used():
    assert _fault(features=NO_FEATURE) == "settings: features uses none: set use: true on at least one"


def test_a_feature_of_no_weight_is_not_used():
    features = NO_FEATURE | {"value": NO_FEATURE["value"] | {"recency_days": {"use": True, "weight": 0}}}
    assert _fault(features=features) == "settings: features uses none: set use: true on at least one"


def test_all_disagreements_are_reported_at_once():
    assert _fault(features=NO_FEATURE, categories=PATTERNS, rules={"excluded_products": ["POST"]}) == (
        "settings: categories.patterns read input.columns.description, which is not mapped; "
        "rules.excluded_products needs input.columns.product_id, which is not mapped; "
        "features uses none: set use: true on at least one"
    )


@pytest.mark.parametrize(
    ("columns", "categories", "has"),
    [
        ({}, {}, False),
        ({"category": "g"}, {}, True),
        ({"product_id": "p"}, LOOKUP, True),
        ({"description": "d"}, PATTERNS, True),
        ({"description": "d", "product_id": "p"}, {}, False),
    ],
)
def test_categories_are_there_where_a_column_a_lookup_or_patterns_give_them(columns, categories, has):
    assert _settings(columns, categories=categories).has_categories is has


def test_the_fewest_segments_cannot_be_more_than_the_most():
    with pytest.raises(ValidationError, match=r"k_min \(6\) must not be above k_max \(5\)"):
        ClusteringSettings(k_min=6, k_max=5)


def test_segments_must_be_able_to_hold_their_smallest_share():
    with pytest.raises(ValidationError, match="4 segments cannot each hold 30% of the customers"):
        ClusteringSettings(k_min=4, min_segment_share=0.3)


@pytest.mark.parametrize("quantiles", [(0.9, 0.1), (0.5, 0.5)])
def test_caps_must_rise(quantiles):
    with pytest.raises(ValidationError, match="cap_quantiles must rise"):
        FeatureSettings(cap_quantiles=quantiles)


def test_what_is_said_of_a_feature_is_laid_over_its_own_default():
    said = {"value": {"recency_days": {"weight": 2.0}, "tenure_days": {"use": True, "cap_quantiles": [0.1, 0.8]}}}
    value = _settings(features=said).features.value
    assert (value.recency_days.use, value.recency_days.transform, value.recency_days.weight) == (True, "log1p", 2.0)
    assert (value.tenure_days.use, value.tenure_days.transform, value.tenure_days.cap_quantiles) == (True, "log1p", (0.1, 0.8))


@pytest.mark.parametrize("scatter", [["recency_days", "monetary_net"], ["category_share_bags", "frequency_orders"]])
def test_two_features_that_customers_are_compared_by_can_be_shown(scatter):
    assert _settings(report={"scatter": scatter}).report.scatter == tuple(scatter)


@pytest.mark.parametrize(
    ("scatter", "fault"),
    [
        (["recency_days", "recency_days"], "report.scatter needs two different features, found recency_days and recency_days"),
        (["recency_days", "recensy"], "report.scatter needs features that customers are compared by, found recensy"),
        (
            ["tenure_days", "month_order_share_01"],
            "report.scatter needs features that customers are compared by, found tenure_days and month_order_share_01",
        ),
    ],
)
def test_a_pair_that_cannot_be_shown_is_a_fault(scatter, fault):
    assert fault in _fault(report={"scatter": scatter})


def test_options_of_registered_analyses_are_passed_on_as_they_are():
    assert _settings().analyses == {}
    assert _settings(analyses={"loyalty": {"min_orders": 3}}).analyses == {"loyalty": {"min_orders": 3}}
    assert _fault(analyses={"loyalty": 3}) == "analyses.loyalty: input should be an object (found 3)"


@pytest.mark.parametrize("name", ["backtest", "monitoring", "recommendations"])
def test_settings_of_an_analysis_can_be_imported_first(name):
    subprocess.run([sys.executable, "-c", f"import segmentation.analyses.{name}.settings"], check=True, timeout=120)
