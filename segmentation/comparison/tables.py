"""Tables of a comparison."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import pyarrow as arrow
from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.comparison.algorithms import (
    ALGORITHMS,
    BISECTING_KMEANS,
    DISPLAY_NAMES,
    GAUSSIAN_MIXTURE,
    HDBSCAN,
    KMEANS,
    SELF_ORGANISING_MAP,
    WARD,
)
from segmentation.comparison.evaluation import AlgorithmResult, pairwise_ari
from segmentation.comparison.mllib import with_nearest_prototype
from segmentation.comparison.sample import ClusteredSample
from segmentation.privacy.suppression import reveals_small_group, with_nulls
from segmentation.publish.tables import Column, RowCount, TableSpec
from segmentation.schemas import BIGINT, BOOLEAN, CUSTOMER_ID, DOUBLE, INT, SEGMENT_ID, STRING, Record, Records

_MLLIB_NOTE = "MLlib’s, of all customers; its stability is that of scikit-learn’s on resampled customers of the sample"
_NOTES = {
    KMEANS: "The published segments",
    BISECTING_KMEANS: _MLLIB_NOTE,
    GAUSSIAN_MIXTURE: _MLLIB_NOTE,
    WARD: "Fitted on the sample; each customer is assigned to the nearest of its centroids",
    SELF_ORGANISING_MAP: "8 by 8 units fitted on the sample and joined by Ward’s method; each customer is assigned to the nearest unit",
    HDBSCAN: "Clusters of the sample only: a cluster of any shape has no prototype that other customers could be assigned by",
}
_NOT_INSTALLED = "MiniSom is not installed; pip install 'segmentation[compare]' brings it"


def _measure(name: str, doc: str, suppressible: bool = False) -> Column:
    return Column(name, DOUBLE, f"{doc} Null if not defined, as with fewer than two clusters.", nullable=True, suppressible=suppressible)


COMPARISON_ALGORITHMS = TableSpec(
    name="algorithms",
    grain="One row for each algorithm. Every row is measured on the same sample of customers.",
    columns=(
        Column("algorithm", STRING, "Name of the algorithm."),
        Column("fitted_on", STRING, "`all customers` or `sample`; null if the algorithm was not run.", nullable=True),
        Column("customers", BIGINT, "Customers that have a cluster or are noise in `clusters`.", nullable=True),
        Column("clusters", INT, "Clusters found in the sample.", nullable=True),
        _measure("silhouette", "Mean over the sample, on squared Euclidean distances; noise counts 0."),
        _measure("silhouette_error", "Standard error of the mean over the customers in clusters."),
        _measure("density_validity", "DBCV, -1 to 1; noise lowers it by its share."),
        _measure("stability", "Of the least stable cluster (Hennig 2007), 0 to 1; each customer counts once in a resampled sample."),
        _measure("wcss", "Within-cluster sum of squares of the customers in clusters."),
        _measure("calinski_harabasz", "Of the customers in clusters; higher is better."),
        _measure("davies_bouldin", "Of the customers in clusters; lower is better."),
        _measure("min_segment_share", "Share of the sample in the smallest cluster, 0 to 1.", suppressible=True),
        _measure("noise_share", "Share of the sample in no cluster, 0 to 1.", suppressible=True),
        _measure("ari_vs_kmeans", "Adjusted Rand index with k-means of as many clusters, on the customers in clusters."),
        _measure("prototype_ari", "Ward only: adjusted Rand index of its own clusters of the sample with those of the nearest centroids."),
        Column("preferred", BOOLEAN, "Whether this is the recommended algorithm; one row is."),
        Column("note", STRING, "Where the clusters come from, or why the algorithm was not run."),
    ),
    key=("algorithm",),
)
COMPARISON_AGREEMENT = TableSpec(
    name="agreement",
    grain="One row for each pair of algorithms that ran.",
    columns=(
        Column("algorithm", STRING, "Name of one algorithm."),
        Column("other_algorithm", STRING, "Name of the other."),
        Column(
            "adjusted_rand",
            DOUBLE,
            "Adjusted Rand index on the sample: 1 for equal clusters, about 0 by chance. Noise is a group of its own.",
        ),
    ),
    key=("algorithm", "other_algorithm"),
)
COMPARISON_CLUSTERS = TableSpec(
    name="clusters",
    grain="One row for each customer.",
    columns=(
        Column(CUSTOMER_ID, STRING, "Customer."),
        Column(KMEANS, INT, "Published segment."),
        *(
            Column(
                name,
                INT,
                f"Number of the customer's cluster by {DISPLAY_NAMES[name]}, after the segment it shares most sampled customers with; "
                "0 for noise, null if the algorithm was not run or did not see the customer.",
                nullable=True,
            )
            for name in ALGORITHMS
            if name != KMEANS
        ),
    ),
    key=(CUSTOMER_ID,),
    checks=(RowCount("customers"),),
)
TABLES = (COMPARISON_ALGORITHMS, COMPARISON_AGREEMENT, COMPARISON_CLUSTERS)


def algorithm_rows(results: Sequence[AlgorithmResult], sample: ClusteredSample, customers: int, preferred: str) -> Records:
    """Rows of `algorithms`, including algorithms that could not run."""
    by_name = {result.algorithm: result for result in results}
    return [_row(by_name[name], sample, customers, preferred) if name in by_name else _row_not_run(name) for name in ALGORITHMS]


def _row_not_run(name: str) -> dict[str, Any]:
    empty = dict.fromkeys(column.name for column in COMPARISON_ALGORITHMS.columns)
    return empty | {"algorithm": name, "preferred": False, "note": _NOT_INSTALLED}


def _row(result: AlgorithmResult, sample: ClusteredSample, customers: int, preferred: str) -> dict[str, Any]:
    name, metrics = result.algorithm, result.metrics
    numbers = {
        "silhouette": result.silhouette,
        "silhouette_error": result.silhouette_error,
        "density_validity": result.density_validity,
        "stability": result.stability,
        "wcss": metrics.wcss if metrics else None,
        "calinski_harabasz": metrics.calinski_harabasz if metrics else None,
        "davies_bouldin": metrics.davies_bouldin if metrics else None,
        "min_segment_share": result.min_segment_share,
        "noise_share": result.noise_share,
        "ari_vs_kmeans": result.ari_vs_kmeans,
        "prototype_ari": sample.prototype_ari.get(name),
    }
    is_of_sample = name in (*sample.prototypes, HDBSCAN)
    return {
        "algorithm": name,
        "fitted_on": "sample" if is_of_sample else "all customers",
        "customers": len(sample.ids) if name == HDBSCAN else customers,
        "clusters": result.n_clusters,
        **{column: value if value is not None and isfinite(value) else None for column, value in numbers.items()},
        "preferred": name == preferred,
        "note": _NOTES[name],
    }


def agreement_rows(results: Sequence[AlgorithmResult]) -> Records:
    """Rows of `agreement`."""
    return [{"algorithm": one, "other_algorithm": other, "adjusted_rand": ari} for (one, other), ari in pairwise_ari(results).items()]


def cluster_table(customers: DataFrame, sample: ClusteredSample, seed: int) -> DataFrame:
    """The table `clusters`, of customers with `vector`, `segment_id` and MLlib's clusters."""
    clustered = with_nearest_prototype(customers, sample.prototypes, seed)
    extended = (BISECTING_KMEANS, GAUSSIAN_MIXTURE, *sample.prototypes)
    hdbscan = arrow.table({CUSTOMER_ID: sample.ids, HDBSCAN: sample.published_numbers(HDBSCAN)})
    of_sample = customers.sparkSession.createDataFrame(hdbscan)
    not_run = [F.lit(None).cast(INT).alias(name) for name in ALGORITHMS if name not in sample.labels]
    of_all = clustered.select(
        CUSTOMER_ID, F.col(SEGMENT_ID).alias(KMEANS), *(_number(name, sample.numbers[name]).alias(name) for name in extended)
    )
    joined = of_all.join(of_sample, CUSTOMER_ID, "left").select("*", *not_run)
    return joined.select(*(F.col(field.name).cast(field.dataType).alias(field.name) for field in COMPARISON_CLUSTERS.schema.fields))


def _number(name: str, numbers: Mapping[int, int]) -> SparkColumn:
    return F.element_at(F.array(*(F.lit(numbers[cluster]) for cluster in range(len(numbers)))), F.col(name) + 1)


def suppress_algorithms(rows: Sequence[Record], sample_size: int, min_group_size: int) -> Records:
    """Rows of algorithms without the share of a smallest cluster, or of noise, that is a small group."""

    def is_small(share: float | None) -> bool:
        return share is not None and reveals_small_group(round(share * sample_size), sample_size, min_group_size)

    return [with_nulls(row, [name for name in ("min_segment_share", "noise_share") if is_small(row[name])]) for row in rows]
