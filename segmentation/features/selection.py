"""Which features enter the clustering, how, and with what weight."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from segmentation.errors import SettingsError
from segmentation.features.attributes import AttributeFeature
from segmentation.features.purchases import MONTHS
from segmentation.schemas import CATEGORY_SHARE_PREFIX, MONTH_ORDER_SHARE_PREFIX, UNITS, WEEKEND_ORDER_SHARE
from segmentation.settings import FeatureSettings, FeaturesSettings

Block = Literal["value", "preferences", "attributes"]


@dataclass(frozen=True)
class Feature:
    """A column that customers are compared by.

    `family` groups columns that share one scale: the shares of all categories are compared in the same unit, so that
    a category hardly anyone buys does not count as much as a large one. `is_level` marks a level of a nominal attribute: of its
    family's columns one is 1, and all others are 0. `unit` is what its values are counted in.
    """

    name: str
    block: Block
    family: str
    settings: FeatureSettings
    is_level: bool = False
    unit: str = "share"


def used_features(settings: FeaturesSettings, columns: list[str], attributes: Sequence[AttributeFeature] = ()) -> tuple[Feature, ...]:
    """The features switched on, as far as the log and the customer table give them, in the order of customer_features.

    Parameters
    ----------
    settings
        Switches, transforms and weights.
    columns
        Columns of customer_features.
    attributes
        Those of them that attributes became.
    """
    described = (Feature(a.name, "attributes", a.attribute, a.settings, a.level is not None, a.unit) for a in attributes)
    wanted = [*_value_features(settings), *_preference_features(settings, columns), *described]
    return tuple(f for f in wanted if f.settings.use and f.settings.weight > 0 and f.name in columns)


def check_pair(asked: tuple[str, str] | None, features: Sequence[Feature]) -> None:
    """Refuse a pair of features for the page that this log does not give.

    Parameters
    ----------
    asked
        Their names, where any are asked for.
    features
        Those that customers are compared by.

    Raises
    ------
    SettingsError
        Names those that are lacking, and those there are.
    """
    names = [feature.name for feature in features]
    lacking = [name for name in asked or () if name not in names]
    if lacking:
        raise SettingsError(f"report.scatter: this log does not give {', '.join(lacking)}; customers are compared by {', '.join(names)}")


def _value_features(settings: FeaturesSettings) -> Iterator[Feature]:
    for name, feature in settings.value:
        yield Feature(name, "value", name, feature, unit=UNITS.get(name, "share"))


def _preference_features(settings: FeaturesSettings, columns: list[str]) -> Iterator[Feature]:
    preferences = settings.preferences
    for name in columns:
        if name.startswith(CATEGORY_SHARE_PREFIX):
            yield Feature(name, "preferences", "category_shares", preferences.category_shares)
    yield Feature(WEEKEND_ORDER_SHARE, "preferences", WEEKEND_ORDER_SHARE, preferences.weekend_order_share)
    for month in MONTHS:
        name = MONTH_ORDER_SHARE_PREFIX + month
        yield Feature(name, "preferences", "month_order_shares", preferences.month_order_shares)
