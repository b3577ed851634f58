"""The page of a comparison: a chart for each algorithm, and both tables."""

import re

import numpy as np
import pandas as pd
import pytest
from oracle.hostile import IN_A_PAGE, Elements

from segmentation.comparison.page import ComparisonReport, agreement_table, algorithms_table, render_comparison

DRAW = np.random.default_rng(1)
MEASURED = {
    "clusters": 2,
    "silhouette": 0.5,
    "density_validity": -0.25,
    "stability": 0.9,
    "ari_vs_kmeans": 1.0,
    "noise_share": 0.0,
    "min_segment_share": 0.4,
    "wcss": 10.0,
    "calinski_harabasz": 20.0,
    "davies_bouldin": 0.75,
}
KMEANS = {"algorithm": "kmeans", "preferred": True, "note": "The published segments", **MEASURED}
HDBSCAN = {**KMEANS, "algorithm": "hdbscan", "preferred": False, "noise_share": 0.1, "note": "Clusters of the sample only"}
ABSENT = {**dict.fromkeys(KMEANS), "algorithm": "self_organising_map", "preferred": False, "note": "MiniSom is not installed"}


@pytest.fixture
def report():
    points = pd.DataFrame({"x": DRAW.normal(size=30), "y": DRAW.normal(size=30), "kmeans": [1, 2, 2] * 10, "hdbscan": [0, 1, 2] * 10})
    facts = {
        "run_id": "run1",
        "as_of": "2026-01-01",
        "customers": 9_000,
        "sample_size": 5_000,
        "segments": 2,
        "grade": "k-means is as good as any",
        "reason": "nothing is <demonstrably> better",
        "gaps": False,
        "explained": 0.456,
    }
    agreement = [{"algorithm": "kmeans", "other_algorithm": "hdbscan", "adjusted_rand": 0.75}]
    shown = {name: points[["x", "y", name]] for name in ("kmeans", "hdbscan")}
    return ComparisonReport("<b>Shop</b>", facts, [KMEANS, HDBSCAN, ABSENT], agreement, shown)


def test_every_algorithm_that_ran_has_a_chart_with_an_alternative_text(report):
    labels = re.findall(r'aria-label="(Scatter[^"]*)"', render_comparison(report))
    assert len(labels) == 2
    assert labels[0].startswith("Scatter plot of 30 customers by the clusters of k-means. cluster 1: 10 customers around")
    assert "noise: 10 customers around" in labels[1]


def test_an_algorithm_not_run_is_named_on_the_page_and_in_the_table(report):
    assert "Self-organising map: MiniSom is not installed." in render_comparison(report)
    assert algorithms_table(report.algorithms).rows[2] == ("Self-organising map", *["–"] * 10, "MiniSom is not installed.")


def test_rows_have_their_metrics_and_the_preference(report):
    expected = ("K-means (preferred)", "2", "0.500", "−0.25", "0.90", "1.00", "0.0\u00a0%", "40.0\u00a0%", "10", "20", "0.75")
    assert algorithms_table(report.algorithms).rows[0][:-1] == expected


def test_agreement_is_a_square(report):
    table = agreement_table(report.agreement)
    assert table.columns == ("Algorithm", "K-means", "HDBSCAN")
    assert table.rows == (("K-means", "1.00", "0.75"), ("HDBSCAN", "0.75", "1.00"))


def test_texts_are_escaped_and_nothing_is_fetched(report):
    page = render_comparison(report)
    assert "&lt;b&gt;Shop&lt;/b&gt;" in page
    assert "Nothing is &lt;demonstrably&gt; better." in page
    assert "<b>Shop" not in page
    assert re.findall(r'(?:src|href)="(?!#)', page) == []


def test_the_page_says_if_no_clusters_are_separated(report):
    assert "some customers lie between all of them" in render_comparison(report)


def test_equal_reports_give_the_same_page(report):
    assert render_comparison(report) == render_comparison(report)


@pytest.mark.parametrize("hostile", IN_A_PAGE)
def test_no_element_comes_from_a_text(report, hostile):
    facts = {**report.facts, **dict.fromkeys(("run_id", "as_of", "grade", "reason"), hostile)}
    algorithms = [{**row, "note": hostile} for row in report.algorithms]
    html = render_comparison(ComparisonReport(hostile, facts, algorithms, report.agreement, report.points))
    assert (Elements(html).made_of_names(), html.lower().count("</style>"), html.lower().count("</title>")) == ([], 1, 1)
