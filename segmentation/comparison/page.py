"""The page of a comparison: one chart for each algorithm, two tables, and the recommendation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes

from segmentation.comparison.algorithms import DISPLAY_NAMES
from segmentation.report.formats import count, number, percent, score
from segmentation.report.page import rendered
from segmentation.report.palette import INK, MUTED, segment_colour, segment_marker
from segmentation.report.section import Chart, Table, sentence
from segmentation.report.svg import inline_svg

_SIZE = (4.4, 3.3)
_BOX = {"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": MUTED, "linewidth": 0.6, "alpha": 0.88}


@dataclass(frozen=True)
class ComparisonReport:
    """The results of a comparison that the page shows."""

    title: str
    facts: Mapping[str, Any]  # what comparison.json has
    algorithms: Sequence[Mapping[str, Any]]  # rows of the table
    agreement: Sequence[Mapping[str, Any]]  # rows of the table
    points: Mapping[str, pd.DataFrame]  # by algorithm that ran: x, y, and its clusters in a column of its name
    customers_per_point: int = 1  # at least so many; 1 if each point is a customer


def render_comparison(report: ComparisonReport) -> str:
    """The page as HTML; equal reports give equal bytes."""
    ran = [row for row in report.algorithms if row["algorithm"] in report.points]
    return rendered(
        "comparison/comparison.html.j2",
        title=report.title,
        customers_per_point=report.customers_per_point,
        facts=report.facts,
        grade=_as_sentence(report.facts["grade"]),
        reason=_as_sentence(report.facts["reason"]),
        panels=[(_heading(row["algorithm"]), _panel(row["algorithm"], report)) for row in ran],
        tables=(algorithms_table(report.algorithms), agreement_table(report.agreement)),
        absent=[f"{_heading(row['algorithm'])}: {row['note']}." for row in report.algorithms if row not in ran],
    )


def _as_sentence(text: str) -> str:
    return _capitalized(text).rstrip(".") + "."


def _capitalized(text: str) -> str:
    """With an upper-case first letter, and the rest as it is."""
    return text[:1].upper() + text[1:]


def _heading(algorithm: str) -> str:
    return _capitalized(DISPLAY_NAMES[algorithm])


def _panel(algorithm: str, report: ComparisonReport) -> Chart:
    points, name = report.points[algorithm], DISPLAY_NAMES[algorithm]
    per_point = report.customers_per_point
    unit = "customers" if per_point == 1 else f"marks, of {count(per_point)} customers or more,"
    groups = points.groupby(algorithm)[["x", "y"]].agg(["median", "size"])
    rows = [
        (
            f"cluster {cluster}" if cluster else "noise",
            count(group["x", "size"]),
            number(group["x", "median"]),
            number(group["y", "median"]),
        )
        for cluster, group in groups.iterrows()
    ]
    positions = "; ".join(f"{cluster}: {size} {unit} around {x}, {y}" for cluster, size, x, y in rows)
    alt_text = f"Scatter plot of {count(len(points))} {unit} by the clusters of {name}. {positions}."
    columns = ("Cluster", f"{unit.rstrip(',').capitalize()} shown", "Median, first component", "Median, second component")
    cells = tuple((_capitalized(cluster), *rest) for cluster, *rest in rows)
    return Chart(clusters_chart(algorithm, points, alt_text), Table(f"Customers shown, by {name}", columns, cells, frozenset({"Cluster"})))


def clusters_chart(algorithm: str, points: pd.DataFrame, alt_text: str) -> Markup:
    """Points on two principal components; each cluster has a marker, a color and its number, noise is a small gray cross.

    `points` has `x`, `y` and a column of clusters named by the algorithm, 0 for noise.
    """

    def plot(axes: Axes) -> None:
        for cluster, group in points.groupby(algorithm):
            _scatter(axes, group, int(str(cluster)))
        for cluster, group in points[points[algorithm] > 0].groupby(algorithm):
            center = float(group["x"].median()), float(group["y"].median())
            axes.text(*center, str(cluster), ha="center", va="center", fontweight="bold", fontsize=11, color=INK, bbox=_BOX)
        axes.set(xlabel="First principal component", ylabel="Second principal component")

    return inline_svg(f"clusters-{algorithm}", alt_text, _SIZE, plot)


def _scatter(axes: Axes, group: pd.DataFrame, cluster: int) -> None:
    is_noise = cluster == 0
    axes.plot(
        group["x"].to_numpy(),
        group["y"].to_numpy(),
        linestyle="none",
        marker="x" if is_noise else segment_marker(cluster - 1),
        markersize=3 if is_noise else 4,
        markeredgewidth=0.8 if is_noise else 0,
        color=MUTED if is_noise else segment_colour(cluster - 1),
        alpha=0.7,
    )


def algorithms_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """One row for each algorithm."""
    cells = [
        (
            _heading(row["algorithm"]) + (" (preferred)" if row["preferred"] else ""),
            count(row["clusters"]),
            score(row["silhouette"]),
            score(row["density_validity"], places=2),
            score(row["stability"], places=2),
            score(row["ari_vs_kmeans"], places=2),
            percent(row["noise_share"]),
            percent(row["min_segment_share"]),
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
        "ARI with k-means",
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
    ari = {frozenset((row["algorithm"], row["other_algorithm"])): row["adjusted_rand"] for row in rows}
    ari |= {frozenset((name,)): 1.0 for name in names}
    cells = [(_heading(one), *(score(ari[frozenset((one, other))], places=2) for other in names)) for one in names]
    columns = ("Algorithm", *map(_heading, names))
    return Table("Agreement: adjusted Rand index of each pair", columns, tuple(cells), frozenset({"Algorithm"}))
