"""Settings of what is written: the output folder, the page, and exports."""

from typing import Annotated, Literal

from pydantic import Field

from segmentation.settings.paths import OutputPath
from segmentation.settings.section import Name, SettingsSection, Share


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
