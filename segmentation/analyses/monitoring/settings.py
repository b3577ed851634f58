"""Settings of monitoring: which changes matter once a model is in use."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from segmentation.settings.section import SettingsSection, Share


class FeedSettings(SettingsSection):
    """Checks of the orders day by day, against the same weekdays of the weeks before. They describe the input, whatever the model."""

    recent_days: Annotated[int, Field(ge=1, le=28)] = 7
    """Days before as_of that are checked. A fault that nobody repairs is reported for this long."""
    baseline_weeks: Annotated[int, Field(ge=4, le=26)] = 8
    """Weeks before these that give the baseline: enough for a median that two odd days don't move, and shorter than a season."""
    max_deviations: Annotated[float, Field(ge=2, le=100)] = 5.0
    """Largest distance from the baseline, in standard deviations (robust ones, by the median). About ten numbers are checked every night;
    with 5, chance raises fewer than one alarm in a thousand nights, also where tails are heavier than the normal curve's."""
    min_orders: Annotated[int, Field(ge=1)] = 20
    """Days and categories with fewer orders in the baseline are not checked: where 20 are expected, chance gives 5 or more."""
    missing_day_share: Share = 0.2
    """A day with at most this share of the usual orders is missing. The quietest months of shops have two fifths of the busiest."""
    duplicated_share: Share = 0.5
    """A day on which at least this share of the orders came twice is duplicated. On a regular day, almost none do."""
    currency_factor: Annotated[float, Field(gt=1, le=1000)] = 1.5
    """The currency has changed where the amounts of lines rise by this factor, or fall to a third, from one day to the next and in all
    categories: nobody raises all prices by half overnight, and a sale takes less than two thirds off."""
    min_price_change: Share = 0.03
    """Smaller changes of the price level are not reported: they move no customer."""
    lost_share: Share = 0.1
    """A category with at most this share of its expected orders is lost."""
    min_change: Annotated[float, Field(gt=0, le=10)] = 0.3
    """Orders, or a category's share of them, that rise or fall by this share are reported, as the season or as a change of demand."""
    holidays: tuple[date, ...] = ()
    """Days on which the shop was closed. A day on which it was closed a year before as well need not be listed."""


class MonitorSettings(SettingsSection):
    """When to keep scoring, to refit, or to stop and look (docs/monitoring.md)."""

    season_tolerance_days: Annotated[int, Field(ge=0, le=60)] = 21
    """The run of the same season is the published one whose as_of is nearest to a year before, and at most this far from it. Within three
    weeks a season is much the same."""
    max_psi: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.25
    """A population stability index above this is a major shift, by the convention of credit scoring, and one above two fifths of it a
    moderate one. In small segments chance alone gives more, so the limit is higher there."""
    max_drifted_share: Share = 0.25
    """Refit where a feature that customers are compared by has shifted in segments that hold more of the customers than this. A smaller
    shift is reported."""
    max_far_share: Share = 0.03
    """Refit where more customers than this are far from every center: farther than 99 % were when the model was fitted. One in a hundred
    is expected; three times as many are not due to chance."""
    newcomer_days: Annotated[int, Field(ge=1, le=366)] = 28
    """Customers whose first purchase is not older are newcomers. Where these are far from every center, they are of a new type."""
    max_silhouette_drop: Share = 0.15
    """Refit where the mean silhouette has lost more than this share of its value at the fit. Another sample of customers changes it by one
    or two hundredths."""
    feed: FeedSettings = FeedSettings()

    @model_validator(mode="after")
    def _recent_days_leave_a_baseline(self) -> Self:
        if self.feed.recent_days > 7 * self.feed.baseline_weeks / 2:
            raise ValueError("feed.recent_days must be no more than half of feed.baseline_weeks: a day must not be its own baseline")
        return self
