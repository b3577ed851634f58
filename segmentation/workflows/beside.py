"""What stands beside the segments: the usual baseline, a look back, what to sell, what they give away, and what changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from segmentation.publish.audit import Promise
from segmentation.workflows.baseline import Baseline
from segmentation.workflows.movement import Movement
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
    movement
        What changed since the run before.
    """

    baseline: Baseline
    outlook: Outlook
    sold: Selling
    proxies: Proxies
    movement: Movement

    @property
    def kept_back(self) -> dict[str, int]:
        """How many values each table keeps back."""
        return {**self.baseline.kept_back, **self.outlook.kept_back, **self.sold.kept_back, **self.movement.kept_back}

    def promises(self) -> Mapping[str, Promise]:
        """What all of its tables must be."""
        parts = (self.baseline, self.outlook, self.sold, self.proxies, self.movement)
        return {name: promise for part in parts for name, promise in part.promises().items()}
