"""Settings of one feature: whether customers are compared by it, and how."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from segmentation.settings.data import Share
from segmentation.settings.section import Section

Transform = Literal["none", "log1p", "cap"]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class FeatureSettings(Section):
    """How one feature, or one family of shares, enters the clustering."""

    use: bool = False
    """Whether customers are compared by it. Published in customer_features all the same."""
    transform: Transform = "none"
    """none; log1p, sign(x) ln(1 + |x|), for heavy tails; cap, values beyond `cap_quantiles` pulled in."""
    cap_quantiles: tuple[Share, Share] = (0.01, 0.99)
    """Lower and upper quantile of the transform cap."""
    weight: Weight = 1.0
    """Weight within its block."""

    @property
    def is_compared(self) -> bool:
        """Whether it has a say in which customers are alike."""
        return self.use and self.weight > 0

    @model_validator(mode="after")
    def _ordered_quantiles(self) -> Self:
        low, high = self.cap_quantiles
        if low >= high:
            raise ValueError(f"cap_quantiles must rise, found {low} and {high}")
        return self
