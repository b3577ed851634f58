"""Settings decide which features customers are compared by."""

import pytest

from segmentation.errors import SettingsError
from segmentation.features.selection import check_scatter_features, used_features
from segmentation.settings import FeaturesSettings

COLUMNS = [
    "customer_id",
    "as_of",
    "recency_days",
    "tenure_days",
    "frequency_orders",
    "monetary_net",
    "order_value_avg",
    "return_rate",
    "category_share_toys",
    "category_share_books",
    "category_share_other",
    "weekend_order_share",
    *(f"month_order_share_{month:02d}" for month in range(1, 13)),
]
SHARES = ["category_share_toys", "category_share_books", "category_share_other"]
NOTHING = {
    "recency_days": {"use": False},
    "frequency_orders": {"use": False},
    "monetary_net": {"use": False},
    "order_value_avg": {"use": False},
}


def _used(columns=COLUMNS, **settings):
    return used_features(FeaturesSettings.model_validate(settings), columns)


def _names(features):
    return [feature.name for feature in features]


def test_by_default_value_and_tastes_are_compared():
    assert _names(_used()) == ["recency_days", "frequency_orders", "monetary_net", "order_value_avg", *SHARES]


def test_a_feature_is_switched_on_and_another_off():
    assert _names(_used(value={"recency_days": {"use": False}, "return_rate": {"use": True}})) == [
        "frequency_orders",
        "monetary_net",
        "order_value_avg",
        "return_rate",
        *SHARES,
    ]


def test_a_feature_without_weight_is_not_compared():
    assert "monetary_net" not in _names(_used(value={"monetary_net": {"use": True, "weight": 0.0}}))


def test_a_feature_the_log_does_not_give_is_passed_over():
    assert _names(_used(["recency_days"], value={"breadth_products": {"use": True}})) == ["recency_days"]


def test_category_shares_are_switched_together():
    assert _names(_used(preferences={"category_shares": {"use": False}})) == _names(_used())[:4]


def test_habits_come_where_asked_for():
    habits = {"category_shares": {"use": False}, "weekend_order_share": {"use": True}, "month_order_shares": {"use": True}}
    assert _names(_used(value=NOTHING, preferences=habits)) == COLUMNS[-13:]


def test_shares_of_one_kind_are_a_family_and_every_other_feature_one_of_its_own():
    settings = {"weekend_order_share": {"use": True}, "month_order_shares": {"use": True}}
    families = {(feature.block, feature.family) for feature in _used(preferences=settings)}
    assert families == {
        ("value", "recency_days"),
        ("value", "frequency_orders"),
        ("value", "monetary_net"),
        ("value", "order_value_avg"),
        ("preferences", "category_shares"),
        ("preferences", "weekend_order_share"),
        ("preferences", "month_order_shares"),
    }


def test_a_feature_carries_its_own_settings():
    (recency, *_) = _used(value={"recency_days": {"use": True, "transform": "cap", "cap_quantiles": (0.1, 0.8), "weight": 2.5}})
    assert (recency.settings.transform, recency.settings.cap_quantiles, recency.settings.weight) == ("cap", (0.1, 0.8), 2.5)


def test_the_scatter_features_must_be_among_the_used_features():
    features = _used(["recency_days", "category_share_toys"])
    check_scatter_features(None, features)
    check_scatter_features(("category_share_toys", "recency_days"), features)
    with pytest.raises(SettingsError) as raised:
        check_scatter_features(("category_share_bags", "recency_days"), features)
    assert str(raised.value) == (
        "report.scatter: this log does not give category_share_bags; customers are compared by recency_days, category_share_toys"
    )
