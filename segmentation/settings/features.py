"""Settings of features: which ones customers are compared by, and how."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from segmentation.settings.section import SettingsSection, Share, lists_as_tuples

Transform = Literal["none", "log1p", "cap"]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class FeatureSettings(SettingsSection):
    """How one feature, or one family of shares, enters the clustering."""

    use: bool = False
    """Whether customers are compared by it. Published in customer_features all the same."""
    transform: Transform = "none"
    """none; log1p, sign(x) ln(1 + |x|), for heavy tails; cap, values beyond `cap_quantiles` are set to them."""
    cap_quantiles: tuple[Share, Share] = (0.01, 0.99)
    """Lower and upper quantile of the transform cap."""
    weight: Weight = 1.0
    """Weight within its block."""

    @property
    def is_compared(self) -> bool:
        """Whether it contributes to the distance between customers."""
        return self.use and self.weight > 0

    @model_validator(mode="after")
    def _ordered_quantiles(self) -> Self:
        low, high = self.cap_quantiles
        if low >= high:
            raise ValueError(f"cap_quantiles must rise, found {low} and {high}")
        return self


def _used(transform: Transform = "none") -> FeatureSettings:
    return FeatureSettings(use=True, transform=transform)


def _unused(transform: Transform = "none") -> FeatureSettings:
    return FeatureSettings(use=False, transform=transform)


class _FeatureGroup(SettingsSection):
    """Features by name; what is given for one overrides its own default, key by key."""

    @model_validator(mode="before")
    @classmethod
    def _override_defaults(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        defaults = {name: field.get_default().model_dump() for name, field in cls.model_fields.items()}
        return {name: {**defaults.get(name, {}), **lists_as_tuples(own)} if isinstance(own, dict) else own for name, own in given.items()}


class ValueFeatures(_FeatureGroup):
    """Block of purchase behaviour; definitions in docs/tables.md."""

    recency_days: FeatureSettings = _used("log1p")
    """Days from the last purchase to as_of."""
    tenure_days: FeatureSettings = _unused("log1p")
    """Days from the first purchase to as_of."""
    frequency_orders: FeatureSettings = _used("log1p")
    """Orders with a positive net."""
    purchase_days: FeatureSettings = _unused("log1p")
    """Distinct days with such an order."""
    monetary_gross: FeatureSettings = _unused("log1p")
    """Spend before returns."""
    monetary_net: FeatureSettings = _used("log1p")
    """Spend net of returns."""
    order_value_avg: FeatureSettings = _used("log1p")
    """Net spend per order."""
    interpurchase_days_avg: FeatureSettings = _unused("log1p")
    """Mean days between purchase days; missing for customers seen on one day, then the median is taken."""
    breadth_products: FeatureSettings = _unused("log1p")
    """Distinct products bought."""
    breadth_categories: FeatureSettings = _unused("none")
    """Distinct categories bought."""
    return_rate: FeatureSettings = _unused("none")
    """Returned value / gross value, 0 to 1."""


class PreferenceFeatures(_FeatureGroup):
    """Block of preferences, all of them shares between 0 and 1."""

    category_shares: FeatureSettings = _used()
    """Spend in each category / gross spend."""
    weekend_order_share: FeatureSettings = _unused()
    """Orders on Saturdays and Sundays / all orders."""
    month_order_shares: FeatureSettings = _unused()
    """Orders in each month of the year / all orders; these twelve columns are computed only where used."""


class BlockWeights(SettingsSection):
    """Weight of each block as a whole, however many features it has."""

    value: Weight = 1.0
    """Purchase behaviour."""
    preferences: Weight = 1.0
    """Preferences."""
    attributes: Weight = 1.0
    """Attributes of the customer table."""


class FeaturesSettings(SettingsSection):
    """What describes a customer."""

    as_of: date | None = None
    """The day the features describe; only lines before its midnight (UTC) count. Default: the day after the last accepted line or,
    without a log, the day of the run."""
    exact_products_max_lines: Annotated[int, Field(ge=0)] = 1_000_000
    """Distinct products are counted exactly in logs of up to this many lines; in longer logs they are estimated, at a tenth of the cost and
    to about 3 % (docs/tables.md)."""
    block_weights: BlockWeights = BlockWeights()
    value: ValueFeatures = ValueFeatures()
    preferences: PreferenceFeatures = PreferenceFeatures()
