"""Settings of what to offer to whom: baskets and suggestions, and exports for campaign tools."""

from typing import Annotated

from pydantic import Field

from segmentation.settings.data import Name, Share
from segmentation.settings.section import Section


class BasketsSettings(Section):
    """What each segment buys more than others and together, and what to suggest next; it takes another look at the lines."""

    use: bool = False
    """Whether it is looked for. Needs product codes."""
    sample_customers: Annotated[int, Field(ge=100, le=1_000_000)] = 20_000
    """Affinities and baskets come from about this many customers, chosen by hash; from all of them where there are no more.
    Suggestions are made for all."""
    most_products: Annotated[int, Field(ge=2, le=2_000)] = 500
    """Products looked at: those that most customers bought."""
    least_customers: Annotated[int, Field(ge=1)] = 20
    """So many of a segment's customers must have bought a product or from a category before it is called typical, and so many must
    a recommendation be for."""
    least_orders: Annotated[int, Field(ge=2)] = 30
    """So many of a segment's orders must hold products together before they are called a basket."""
    least_support: Annotated[float, Field(gt=0, le=1)] = 0.01
    """And at least this share of its orders."""
    orders_of_a_customer: Annotated[int, Field(ge=1)] = 10
    """Baskets count so many orders of a customer at most, so that nobody's habit passes for the segment's."""
    least_lift: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.2
    """A lift must reach this, and its lower bound lie above what chance gives."""
    recommendations: Annotated[int, Field(ge=1, le=10)] = 3
    """Recommendations for each segment."""
    suggestions: Annotated[int, Field(ge=1, le=10)] = 3
    """Products suggested to each customer."""


class ExportSettings(Section):
    """Files for campaign tools, as `segmentation export` writes them."""

    campaign: Name = "campaign"
    """Name of the campaign: another name holds other customers out."""
    hold_out_share: Annotated[Share, Field(lt=1)] = 0.1
    """Share of each segment's customers that the campaign leaves alone, so that its effect can be told."""
    seed: Annotated[int, Field(ge=-(2**62), le=2**62)] = 42
    """Equal seed and campaign hold the same customers out."""
