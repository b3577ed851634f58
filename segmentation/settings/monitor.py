"""What counts as a change worth telling, once a model is in use."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from segmentation.settings.section import Section

Share = Annotated[float, Field(ge=0, le=1)]
Deviations = Annotated[float, Field(ge=2, le=100)]


class FeedSettings(Section):
    """The orders day by day, held against the same weekdays of the weeks before. They tell what came in, whatever the model."""

    recent_days: Annotated[int, Field(ge=1, le=28)] = 7
    """Days before as_of that are looked at for faults: a fault that nobody mends stays told for so long."""
    baseline_weeks: Annotated[int, Field(ge=4, le=26)] = 8
    """What is usual comes from so many weeks before: enough for a median that two odd days don't move, and short of a season."""
    deviations: Deviations = 5.0
    """How far from the usual, in standard deviations (robust ones, by the median): some ten numbers are looked at every night, and 5
    leaves chance less than one alarm in a thousand nights, also where tails are heavier than the normal curve's."""
    least_orders: Annotated[int, Field(ge=1)] = 20
    """Days and categories that usually have fewer orders are not judged: of 20 that are expected, chance gives 5 or more."""
    few_share: Share = 0.2
    """A day with at most this share of the usual orders is missing. The quietest months of shops have two fifths of the busiest."""
    repeated_share: Share = 0.5
    """A day of whose orders at least this share came twice is doubled. Where days are whole, next to none do."""
    currency_factor: Annotated[float, Field(gt=1, le=1000)] = 1.5
    """Amounts of a line that are so many times the usual from one day to the next, or a third and less, in all categories are another
    currency's: nobody raises all prices by half overnight, and a sale takes less than two thirds off."""
    least_price_change: Share = 0.03
    """Smaller changes of the price level are not told: they move no customer."""
    lost_share: Share = 0.1
    """A category with at most this share of the orders it should have is lost."""
    least_change: Annotated[float, Field(gt=0, le=10)] = 0.3
    """Orders, or a category's share of them, that are more or fewer by this share are told, as the season or as a change of demand."""
    closed_on: tuple[date, ...] = ()
    """Days on which the shop was closed. Those that it was closed on a year before as well need not be named."""


class MonitorSettings(Section):
    """When to keep scoring, to refit, or to stop and look (docs/monitoring.md)."""

    season_tolerance_days: Annotated[int, Field(ge=0, le=60)] = 21
    """The same season's run is the published one whose as_of lies nearest to a year before, and not farther than this from it: within three
    weeks a season is much the same."""
    largest_psi: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.25
    """A population stability index above this is a major shift, by the convention of credit scoring; above two fifths of it, a moderate
    one. Of small segments chance alone gives more: then more is asked."""
    largest_drifted_share: Share = 0.25
    """Refit where segments that hold more of the customers than this have shifted in a feature they are compared by: fewer are told."""
    largest_far_share: Share = 0.03
    """Refit where more customers than this are far from any centre: farther than 99 % were when the model was fitted, so that one in
    a hundred is expected, and three times as many is none of chance's doing."""
    newcomer_days: Annotated[int, Field(ge=1, le=366)] = 28
    """Customers whose first purchase is not older are newcomers: where these are far from any centre, they are of a new type."""
    largest_silhouette_fall: Share = 0.15
    """Refit where the mean silhouette has lost more of what it was at the fit than this. Drawing other customers changes it by a hundredth
    part or two."""
    feed: FeedSettings = FeedSettings()

    @model_validator(mode="after")
    def _judged_before_usual(self) -> Self:
        if self.feed.recent_days > 7 * self.feed.baseline_weeks / 2:
            raise ValueError("feed.recent_days must be no more than half of feed.baseline_weeks: what is judged must not be what is usual")
        return self
