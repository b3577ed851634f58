"""Selection of the features that customers are clustered by, with their transforms and weights."""

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
    """A column that customers are clustered by.

    Columns of one `family` share one scale: the shares of all categories are in the same unit, so that a category that hardly anyone
    buys does not weigh as much as a large one.
    """

    name: str
    block: Block
    family: str
    settings: FeatureSettings
    is_level: bool = False  # a level of a nominal attribute: one column of the family is 1, all others are 0
    unit: str = "share"


def used_features(settings: FeaturesSettings, columns: list[str], attributes: Sequence[AttributeFeature] = ()) -> tuple[Feature, ...]:
    """The enabled features that the log and the customer table provide, in the order of customer_features."""
    from_attributes = (Feature(a.name, "attributes", a.attribute, a.settings, a.level is not None, a.unit) for a in attributes)
    wanted = [*_value_features(settings), *_preference_features(settings, columns), *from_attributes]
    return tuple(f for f in wanted if f.settings.use and f.settings.weight > 0 and f.name in columns)


def check_scatter_features(pair: tuple[str, str] | None, features: Sequence[Feature]) -> None:
    """Raise SettingsError unless the features of `report.scatter` are among those that customers are clustered by."""
    names = [feature.name for feature in features]
    missing = [name for name in pair or () if name not in names]
    if missing:
        raise SettingsError(f"report.scatter: this log does not give {', '.join(missing)}; customers are compared by {', '.join(names)}")


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
