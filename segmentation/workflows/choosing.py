"""The number of segments: chosen among those tried, and how that came about as tables and manifest tell it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, NamedTuple

from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from segmentation.clustering import sweep as sweeping
from segmentation.clustering.choice import Anonymity, Verdict, choose
from segmentation.clustering.gap import Gap, gap_choice
from segmentation.clustering.measures import Array
from segmentation.clustering.structure import Structure, structure_of
from segmentation.settings import ClusteringSettings

SHUFFLES = 19


@dataclass(frozen=True)
class Chosen:
    """What a sweep came to.

    Parameters
    ----------
    verdicts
        Of every number of segments tried.
    best
        The best fit of the chosen number.
    structure
        Whether there is any behind it.
    """

    verdicts: tuple[Verdict, ...]
    best: sweeping.Fit
    structure: Structure

    @property
    def verdict(self) -> Verdict:
        """Of the chosen number."""
        return next(verdict for verdict in self.verdicts if verdict.is_chosen)

    def stabilities(self, centres: Array) -> tuple[float, ...]:
        """Stability of each final segment, by that of the swept cluster it grew from."""
        _, places = linear_sum_assignment(cdist(centres, self.best.centres))
        return tuple(self.verdict.candidate.stabilities[place] for place in places)


class Looked(NamedTuple):
    """How many customers there were, and how many of them the choice looked at."""

    customers: int
    sample: int


@dataclass(frozen=True)
class Choice:
    """How the number of segments came about, as it is told.

    Parameters
    ----------
    told
        For the manifest.
    k_selection
        Its rows.
    stabilities
        Of each segment, in the order of ids; None where none can be told.
    """

    told: dict[str, Any]
    k_selection: tuple[dict[str, Any], ...]
    stabilities: tuple[float | None, ...]


def chosen_of(points: Array, fits: Sequence[sweeping.Fit], settings: ClusteringSettings, anonymity: Anonymity) -> Chosen:
    """Choose among the fits of a sweep, and ask what is behind the choice.

    Parameters
    ----------
    points
        Shape (n, d): those that were fitted.
    fits
        Of every number of segments and seed.
    settings
        Limits, draws and seed.
    anonymity
        All customers, and the fewest of a segment.
    """
    some = sweeping.some_of(points, settings)
    verdicts = choose(sweeping.candidates_of(some, fits, settings), settings, anonymity)
    chosen = next(verdict.candidate for verdict in verdicts if verdict.is_chosen)
    best = sweeping.best_of([fit for fit in fits if fit.k == chosen.k])
    shuffles = range(settings.seed, settings.seed + SHUFFLES)
    model = sweeping.model_of(some, settings, sweeping.STARTS_OF_A_DRAW)
    return Chosen(verdicts, best, structure_of(some, best.centres, chosen.stability, shuffles, model))


def choice_of(chosen: Chosen, gaps: dict[int, Gap], centres: Array, settings: ClusteringSettings, looked: Looked) -> Choice:
    """What is told of a choice.

    Parameters
    ----------
    chosen
        Verdicts, and what the chosen clustering is worth.
    gaps
        The gap statistic of one segment and of every number tried.
    centres
        Of the segments, in the order of their ids, shape (k, d).
    settings
        How it was chosen.
    looked
        At how many customers.
    """
    rows = tuple(k_selection_row(verdict, gaps[verdict.candidate.k]) for verdict in chosen.verdicts)
    stabilities = tuple(_finite(stability) for stability in chosen.stabilities(centres))
    return Choice(_told(chosen, gaps, settings, looked), rows, stabilities)


def _told(chosen: Chosen, gaps: dict[int, Gap], settings: ClusteringSettings, looked: Looked) -> dict[str, Any]:
    structure = chosen.structure
    return {
        "k": chosen.verdict.candidate.k,
        "elbow_k": next((verdict.candidate.k for verdict in chosen.verdicts if verdict.is_elbow), None),
        "gap_k": gap_choice(gaps),
        "gap_of_one": _finite(gaps[1].value),
        "reason": chosen.verdict.reason,
        "structure": {"grade": structure.grade.value, **{name: _finite(value) for name, value in asdict(structure).items()}},
        "customers": looked.customers,
        "sample_customers": looked.sample,
        "seeds": settings.restarts,
        "fixed": settings.segments is not None,
    }


def _finite(value: float) -> float | None:
    """JSON has no NaN."""
    return value if isfinite(value) else None


def k_selection_row(verdict: Verdict, gap: Gap) -> dict[str, Any]:
    """One number of segments as a row of k_selection; a measure that is not defined is null."""
    candidate, measures = verdict.candidate, verdict.candidate.measures
    numbers = {
        "silhouette": measures.silhouette,
        "silhouette_error": measures.silhouette_error,
        "silhouette_spread": candidate.silhouette_spread,
        "seed_agreement": candidate.seed_agreement,
        "stability": candidate.stability,
        "wcss": measures.wcss,
        "calinski_harabasz": measures.calinski_harabasz,
        "davies_bouldin": measures.davies_bouldin,
        "gap": gap.value,
        "gap_error": gap.error,
        "smallest_share": candidate.smallest_share,
    }
    return {
        "k": candidate.k,
        **{name: _finite(number) for name, number in numbers.items()},
        "elbow": verdict.is_elbow,
        "eligible": verdict.is_eligible,
        "chosen": verdict.is_chosen,
        "reason": verdict.reason,
    }
