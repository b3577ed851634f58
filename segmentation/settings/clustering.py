"""Settings of the clustering, and of its comparison with other algorithms."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from segmentation.settings.section import SettingsSection, Share


class ClusteringSettings(SettingsSection):
    """How customers are clustered."""

    k: Annotated[int, Field(ge=2, le=100)] | None = None
    """Number of segments. Default: chosen by silhouette."""
    k_min: Annotated[int, Field(ge=2, le=100)] = 3
    """Smallest number of segments that may be chosen."""
    k_max: Annotated[int, Field(ge=2, le=100)] = 10
    """Largest number of segments that may be chosen; the sweep goes from 2 to this."""
    min_segment_share: Annotated[float, Field(ge=0, lt=0.5)] = 0.01
    """No segment may hold a smaller share of the customers."""
    min_stability: Share = 0.6
    """Smallest bootstrap stability (mean Jaccard) of the least stable segment; waived where no number of segments reaches it."""
    seed: Annotated[int, Field(ge=-(2**62), le=2**62)] = 42
    """Seed of every random choice."""
    n_init: Annotated[int, Field(ge=1, le=50)] = 5
    """Random starts of k-means for each number of segments; the one of lowest cost counts."""
    n_bootstrap: Annotated[int, Field(ge=2, le=1000)] = 20
    """Bootstrap samples (drawn with replacement) that measure stability."""
    bootstrap_size: Annotated[int, Field(ge=50, le=100_000)] = 3_000
    """Customers in each bootstrap sample, at most about this many of the sweep's sample."""
    n_references: Annotated[int, Field(ge=2, le=1000)] = 10
    """Uniform reference samples of the gap statistic."""
    sample_size: Annotated[int, Field(ge=100, le=1_000_000)] = 30_000
    """The sweep uses about this many customers, chosen by hash, or all where there are no more. The final fit uses all.
    A million customers of twenty features take 160 MB on the driver, and as many distances for each segment."""
    max_iter: Annotated[int, Field(ge=1, le=1000)] = 50
    """Most iterations of one fit."""
    tol: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1e-3
    """A fit ends when no center moves farther than this; each block of features has a variance of its weight squared."""
    warm_start_tol: Share | None = 1e-3
    """A new fit starts from the centers of the published run, unless a fresh start lowers the cost on the sample by more than this share:
    optima that close are equally good, and customers need not move between them. null: always a fresh start."""
    switch_margin: Share = 0.1
    """When customers are scored, one whose segment is no longer the nearest moves only where (own - nearest) / (own + nearest), of
    distances, is this or more: customers near a boundary do not flip between segments. 0: always the nearest."""
    customers_per_partition: Annotated[int, Field(ge=1)] = 50_000
    """Customers in one Spark partition. Partitions depend on the data and not on the machine: the same data gives the same segments."""

    @model_validator(mode="after")
    def _consistent_limits(self) -> Self:
        if self.k_min > self.k_max:
            raise ValueError(f"k_min ({self.k_min}) must not be above k_max ({self.k_max})")
        if self.k is None and self.min_segment_share * self.k_min > 1:
            raise ValueError(f"{self.k_min} segments cannot each hold {self.min_segment_share:.0%} of the customers")
        return self


class CompareSettings(SettingsSection):
    """Comparison of k-means with other algorithms by `segmentation compare`."""

    sample_size: Annotated[int, Field(ge=100, le=20_000)] = 5_000
    """All algorithms are measured on about this many customers, chosen by hash; Ward, HDBSCAN and the self-organising map are fitted on
    them, too."""
