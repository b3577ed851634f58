"""Settings of what is written: the output folder, the page, exports, and what may be published."""

from typing import Annotated, Literal

from pydantic import Field

from segmentation.settings.section import Name, OutputPath, SettingsSection, Share


class OutputSettings(SettingsSection):
    """Where everything is written."""

    path: OutputPath = "output"
    """Root of runs/, orders/ and current.json."""
    permissions: Literal["owner", "group", "inherit"] = "owner"
    """Who may read what is written, where the file system has permissions: only its owner; the owner's group, too; or as the process's
    umask says."""


class ReportSettings(SettingsSection):
    """Names and units on the page."""

    title: Name = "Customer segments"
    """Heading of the page."""
    currency: Name | None = None
    """Currency of the amounts."""
    scatter: tuple[Name, Name] | None = None
    """Two features, by their columns, for the scatter plot of customers. Default: recency_days and monetary_net where customers are
    compared by both, else the two that separate the segments most."""
    segment_names: dict[Name, Name] = Field(default_factory=dict)
    """Your own names in place of those that segments are given, such as {Best customers: Gold}."""


class ExportSettings(SettingsSection):
    """Files for campaign tools, as `segmentation export` writes them."""

    campaign: Name = "campaign"
    """Name of the campaign. Another name draws another control group."""
    holdout_share: Annotated[Share, Field(lt=1)] = 0.1
    """Share of each segment's customers in the control group, which the campaign does not contact, to measure uplift."""
    seed: Annotated[int, Field(ge=-(2**62), le=2**62)] = 42
    """The same seed and campaign draw the same control group."""


Increase = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class PublishSettings(SettingsSection):
    """How far a run may differ from the last published one. A run that differs more is not published. A first run has no limits."""

    catalog: Annotated[str, Field(pattern=r"^[\w-]+(\.[\w-]+)?$")] | None = None
    """A schema, such as `shop` or `main.shop`, for views of the published run's tables. Default: no views."""
    format: Literal["parquet", "delta"] = "parquet"
    """delta: each table of a run is also a Delta table, of one version, over the same Parquet files."""
    max_customer_drop: Share | None = 0.25
    """Largest drop of the customers in segments, as a share: a log that is half loaded loses customers. null: no limit."""
    max_customer_increase: Increase | None = None
    """Their largest increase; 1 is twice as many. null: no limit, for a log that is still short."""
    max_revenue_drop: Share | None = 0.25
    """Largest drop of net revenue, as a share: with half the log it drops by half, while most customers are still there. null: no limit."""
    max_revenue_increase: Increase | None = None
    """Its largest increase: a limit below 1 catches a log loaded twice. null: no limit, for a log that is still short."""
    max_size_change: Share | None = 0.5
    """Largest share of the customers by which the sizes of segments may change, whatever their ids. null: no limit."""
    max_silhouette_drop: Share | None = 0.05
    """Largest drop of the mean silhouette from the model in use to a new one, both on today's customers. Other seeds and samples change it
    by some thousandths. null: no limit."""
    max_stability_drop: Share | None = 0.15
    """Largest drop of the bootstrap stability of the least stable segment: from highly stable (0.85) to valid (0.75) is a tenth. null: no
    limit."""
    max_moved_share: Share | None = 0.3
    """Largest share of the customers in both runs that may be in another segment, by matched ids. The same data with another seed moves
    less than one in a hundred; where a third moves, campaigns and reports must start over. null: no limit."""
    max_moved_revenue_share: Share | None = 0.4
    """The same for their net revenue: a few customers may carry most of it. null: no limit."""
