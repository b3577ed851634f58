"""The page that sets other algorithms beside k-means: a picture, two tables, and a verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from segmentation.report.comparison_charts import clusters_chart
from segmentation.report.figures import Chart
from segmentation.report.formats import count, number, percent, score
from segmentation.report.tables import Table, sentence
from segmentation.report.templates import rendered

WORDS = {
    "kmeans": "k-means",
    "bisecting_kmeans": "bisecting k-means",
    "gaussian_mixture": "Gaussian mixture",
    "ward": "Ward",
    "self_organising_map": "self-organising map",
    "hdbscan": "HDBSCAN",
}
"""What each algorithm is called."""


@dataclass(frozen=True)
class Compared:
    """What a comparison found, small enough to print.

    Parameters
    ----------
    title
        Of the report.
    facts
        `run_id`, `as_of`, `customers`, `sample_customers`, `segments`, `grade`, `reason`, `gaps`, `explained`.
    algorithms, agreement
        Rows of the tables.
    points
        For each algorithm that ran, some customers of the sample without ids: `x`, `y` on two principal components, and a column of the
        algorithm's name with its clusters.
    customers_of_a_mark
        How many customers each of these rows stands for, at least; 1 where it is one of them.
    """

    title: str
    facts: Mapping[str, Any]
    algorithms: Sequence[Mapping[str, Any]]
    agreement: Sequence[Mapping[str, Any]]
    points: Mapping[str, pd.DataFrame]
    customers_of_a_mark: int = 1


def words(algorithm: str) -> str:
    """What an algorithm is called in a sentence."""
    return WORDS.get(algorithm, algorithm)


def render_comparison(compared: Compared) -> str:
    """The page as HTML; equal findings give equal bytes."""
    ran = [row for row in compared.algorithms if row["algorithm"] in compared.points]
    return rendered(
        "comparison.html.j2",
        title=compared.title,
        customers_of_a_mark=compared.customers_of_a_mark,
        facts=compared.facts,
        grade=sentence_of(compared.facts["grade"]),
        reason=sentence_of(compared.facts["reason"]),
        panels=[(capital(words(row["algorithm"])), _panel(row, compared)) for row in ran],
        tables=(algorithms_table(compared.algorithms), agreement_table(compared.agreement)),
        absent=[f"{capital(words(row['algorithm']))}: {row['note']}." for row in compared.algorithms if row not in ran],
    )


def sentence_of(reason: str) -> str:
    """The reason as a sentence, in full."""
    return capital(reason).rstrip(".") + "."


def capital(text: str) -> str:
    """With its first letter raised."""
    return text[:1].upper() + text[1:]


def _panel(row: Mapping[str, Any], compared: Compared) -> Chart:
    name, least = row["algorithm"], compared.customers_of_a_mark
    points = compared.points[name]
    marks = "customers" if least == 1 else f"marks, of {count(least)} customers or more,"
    groups = points.groupby(name)[["x", "y"]].agg(["median", "size"])
    told = [
        (
            f"cluster {cluster}" if cluster else "noise",
            count(group["x", "size"]),
            number(group["x", "median"]),
            number(group["y", "median"]),
        )
        for cluster, group in groups.iterrows()
    ]
    where = "; ".join(f"{what}: {size} {marks} around {x}, {y}" for what, size, x, y in told)
    alternative = f"Scatter plot of {count(len(points))} {marks} by the clusters of {words(name)}. {where}."
    columns = ("Cluster", f"{marks.rstrip(',').capitalize()} shown", "Median, first component", "Median, second component")
    table = Table(
        f"Customers shown, by {words(name)}", columns, tuple((capital(what), *rest) for what, *rest in told), frozenset({"Cluster"})
    )
    return Chart(clusters_chart(name, points, alternative), table)


def algorithms_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """A row an algorithm."""
    cells = [
        (
            capital(words(row["algorithm"])) + (" (preferred)" if row["preferred"] else ""),
            count(row["clusters"]),
            score(row["silhouette"]),
            score(row["density_validity"], places=2),
            score(row["stability"], places=2),
            score(row["kmeans_alike"], places=2),
            percent(row["noise_share"]),
            percent(row["smallest_share"]),
            number(row["wcss"]),
            number(row["calinski_harabasz"]),
            number(row["davies_bouldin"]),
            sentence(row["note"]),
        )
        for row in rows
    ]
    columns = (
        "Algorithm",
        "Clusters",
        "Silhouette",
        "DBCV",
        "Least stable",
        "Like k-means of as many",
        "Noise",
        "Smallest",
        "WCSS",
        "Calinski-Harabasz",
        "Davies-Bouldin",
        "Note",
    )
    return Table("The algorithms, on the same customers", columns, tuple(cells), frozenset({"Algorithm", "Note"}))


def agreement_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The adjusted Rand index of every pair, as a square."""
    names = list(dict.fromkeys(name for row in rows for name in (row["algorithm"], row["other_algorithm"])))
    known = {frozenset((row["algorithm"], row["other_algorithm"])): row["adjusted_rand"] for row in rows}
    cells = [
        (capital(words(one)), *(score(1.0 if one == other else known[frozenset((one, other))], places=2) for other in names))
        for one in names
    ]
    columns = ("Algorithm", *(capital(words(name)) for name in names))
    return Table("Agreement: adjusted Rand index of each pair", columns, tuple(cells), frozenset({"Algorithm"}))
