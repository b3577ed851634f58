"""What a run is held to before readers see it, and where they see it."""

from typing import Annotated, Literal

from pydantic import Field

from segmentation.settings.section import Section

Fall = Annotated[float, Field(ge=0, le=1)]
Rise = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class PublishSettings(Section):
    """How far a run may be from the last published one; farther, it is held back. A first run has nothing to be held to."""

    catalog: Annotated[str, Field(pattern=r"^[\w-]+(\.[\w-]+)?$")] | None = None
    """A schema, such as `shop` or `main.shop`, in which a view for each table follows the published run. Default: none."""
    format: Literal["parquet", "delta"] = "parquet"
    """delta: each table of a run is a Delta table too, of one version; its Parquet files stay where and what they are."""
    largest_customer_fall: Fall | None = 0.25
    """Customers in segments may be fewer by this share at most: a log loaded by half loses customers. null: any number will do."""
    largest_customer_rise: Rise | None = None
    """They may be more by this share at most; 1 is twice as many. null: any number will do, as while a log is still short."""
    largest_revenue_fall: Fall | None = 0.25
    """Net revenue may be lower by this share at most: it falls by half with half the log, where most customers would still be seen."""
    largest_revenue_rise: Rise | None = None
    """It may be higher by this share at most: below 1, a log loaded twice is caught. null: any will do, as while a log is still short."""
    largest_size_change: Fall | None = 0.5
    """Of the customers, this share at most may be in other sizes of segments, whatever these are called. null: any sizes will do."""
    largest_silhouette_fall: Fall | None = 0.05
    """A new model's segments may have a mean silhouette lower than those of the model in use by this at most, both on the customers of
    today. Other seeds and samples change it by some thousandths. null: any will do."""
    largest_stability_fall: Fall | None = 0.15
    """Its least stable segment may come back less, when customers are drawn anew, by this at most: from highly stable (0.85) to valid
    (0.75) is a tenth. null: any will do."""
    largest_share_moved: Fall | None = 0.3
    """Of the customers in both runs, this share at most may be in another segment, by ids that carry on. The same data fitted with another
    seed moves less than one in a hundred; where a third moves, campaigns and reports start anew. null: any may move."""
    largest_revenue_moved: Fall | None = 0.4
    """The same of their net revenue: it may be that few customers move, and most of the money. null: any may."""
