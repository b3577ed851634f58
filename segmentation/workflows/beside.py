"""What stands beside the segments: the usual baseline, a look back, what to sell, and what they give away."""

from collections.abc import Mapping
from dataclasses import dataclass

from segmentation.publish.audit import Promise
from segmentation.workflows.baseline import Baseline
from segmentation.workflows.proxies import Proxies
from segmentation.workflows.selling import Selling
from segmentation.workflows.usefulness import Outlook


@dataclass(frozen=True)
class Beside:
    """Each is empty where there is no log (of the last: no customer table), or where the settings don't ask for it.

    Parameters
    ----------
    baseline
        The usual RFM segments.
    outlook
        What segments of a past day told of the days after it.
    sold
        Affinities, baskets and recommendations.
    proxies
        How far segments give away attributes declared sensitive.
    """

    baseline: Baseline
    outlook: Outlook
    sold: Selling
    proxies: Proxies

    @property
    def kept_back(self) -> dict[str, int]:
        """How many values each table keeps back."""
        return {**self.baseline.kept_back, **self.outlook.kept_back, **self.sold.kept_back}

    def promises(self) -> Mapping[str, Promise]:
        """What all of its tables must be."""
        return {**self.baseline.promises(), **self.outlook.promises(), **self.sold.promises(), **self.proxies.promises()}
