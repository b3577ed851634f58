"""What stands beside the segments: the usual baseline, a look back, what to sell, what they give away, and what changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from segmentation.publish.promise import Promise
from segmentation.workflows.baseline import Baseline
from segmentation.workflows.challenge import UNCHALLENGED, Challenge
from segmentation.workflows.movement import Movement
from segmentation.workflows.proxies import Proxies
from segmentation.workflows.selling import Selling
from segmentation.workflows.usefulness import Outlook
from segmentation.workflows.watching import Watched


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
    watch
        How the log came in, how far features have moved, and what that calls for; None where a run is left aside.
    challenge
        Whether a new model may take the place of the one in use.
    """

    baseline: Baseline
    outlook: Outlook
    sold: Selling
    proxies: Proxies
    movement: Movement
    watch: Watched | None = None
    challenge: Challenge = UNCHALLENGED

    @property
    def kept_back(self) -> dict[str, int]:
        """How many values each table keeps back."""
        told: list[Baseline | Outlook | Selling | Movement] = [self.baseline, self.outlook, self.sold, self.movement]
        watch = self.watch.kept_back if self.watch else {}
        return {**{name: count for part in told for name, count in part.kept_back.items()}, **watch}

    def promises(self) -> Mapping[str, Promise]:
        """What all of its tables must be."""
        parts: list[Baseline | Outlook | Selling | Proxies | Movement] = [
            self.baseline,
            self.outlook,
            self.sold,
            self.proxies,
            self.movement,
        ]
        watch = self.watch.promises() if self.watch else {}
        return {**{name: promise for part in parts for name, promise in part.promises().items()}, **watch}
