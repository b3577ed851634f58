"""Settings of typical products, association rules and recommendations."""

from typing import Annotated

from pydantic import Field

from segmentation.settings.section import SettingsSection


class BasketsSettings(SettingsSection):
    """What each segment buys more than others, buys together, and should be offered next; this reads the lines once more."""

    use: bool = False
    """Whether this is computed. Needs product codes."""
    sample_size: Annotated[int, Field(ge=100, le=1_000_000)] = 20_000
    """Typical products and association rules come from about this many customers, chosen by hash, or from all where there are no more.
    Next products are suggested to all customers."""
    max_products: Annotated[int, Field(ge=2, le=2_000)] = 500
    """Only this many products are considered: those that most customers bought."""
    min_customers: Annotated[int, Field(ge=1)] = 20
    """This many of a segment's customers must have bought a product, or from a category, for it to be typical. A recommendation must be
    for this many, too."""
    min_orders: Annotated[int, Field(ge=2)] = 30
    """An association rule needs this many of a segment's orders that hold its products together."""
    min_support: Annotated[float, Field(gt=0, le=1)] = 0.01
    """An association rule needs this share of the segment's orders."""
    max_orders_per_customer: Annotated[int, Field(ge=1)] = 10
    """Association rules count at most this many orders of a customer, so that one customer's habit is not taken for the segment's."""
    min_lift: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.2
    """Smallest lift that counts. The lower bound of the lift must also be above what chance gives."""
    n_recommendations: Annotated[int, Field(ge=1, le=10)] = 3
    """Recommendations for each segment."""
    n_suggestions: Annotated[int, Field(ge=1, le=10)] = 3
    """Products suggested to each customer."""
