"""The page of a comparison: a picture for each algorithm, both tables, and nothing hidden."""

import re

import numpy as np
import pandas as pd
import pytest
from oracle.hostile import IN_A_PAGE, Elements

from segmentation.report.comparison import Compared, agreement_table, algorithms_table, render_comparison

DRAW = np.random.default_rng(1)
MEASURED = {
    "clusters": 2,
    "silhouette": 0.5,
    "density_validity": -0.25,
    "stability": 0.9,
    "kmeans_alike": 1.0,
    "noise_share": 0.0,
    "smallest_share": 0.4,
    "wcss": 10.0,
    "calinski_harabasz": 20.0,
    "davies_bouldin": 0.75,
}
KMEANS = {"algorithm": "kmeans", "preferred": True, "note": "The published segments", **MEASURED}
HDBSCAN = {**KMEANS, "algorithm": "hdbscan", "preferred": False, "noise_share": 0.1, "note": "Clusters of the sample only"}
ABSENT = {**dict.fromkeys(KMEANS), "algorithm": "self_organising_map", "preferred": False, "note": "MiniSom is not installed"}


@pytest.fixture
def compared():
    points = pd.DataFrame({"x": DRAW.normal(size=30), "y": DRAW.normal(size=30), "kmeans": [1, 2, 2] * 10, "hdbscan": [0, 1, 2] * 10})
    facts = {
        "run_id": "run1",
        "as_of": "2026-01-01",
        "customers": 9_000,
        "sample_customers": 5_000,
        "segments": 2,
        "grade": "k-means is as good as any",
        "reason": "nothing <better> holds",
        "gaps": False,
        "explained": 0.456,
    }
    agreement = [{"algorithm": "kmeans", "other_algorithm": "hdbscan", "adjusted_rand": 0.75}]
    shown = {name: points[["x", "y", name]] for name in ("kmeans", "hdbscan")}
    return Compared("<b>Shop</b>", facts, [KMEANS, HDBSCAN, ABSENT], agreement, shown)


def test_every_algorithm_that_ran_has_a_panel_that_says_what_it_shows(compared):
    told = re.findall(r'aria-label="(Scatter[^"]*)"', render_comparison(compared))
    assert len(told) == 2
    assert told[0].startswith("Scatter plot of 30 customers by the clusters of k-means. cluster 1: 10 customers around")
    assert "noise: 10 customers around" in told[1]


def test_what_was_not_run_is_said_on_the_page_and_stands_in_the_table(compared):
    assert "Self-organising map: MiniSom is not installed." in render_comparison(compared)
    assert algorithms_table(compared.algorithms).rows[2] == ("Self-organising map", *["–"] * 10, "MiniSom is not installed.")


def test_rows_tell_their_measures_and_which_is_preferred(compared):
    expected = ("K-means (preferred)", "2", "0.500", "−0.25", "0.90", "1.00", "0.0\u00a0%", "40.0\u00a0%", "10", "20", "0.75")
    assert algorithms_table(compared.algorithms).rows[0][:-1] == expected


def test_agreement_is_a_square(compared):
    table = agreement_table(compared.agreement)
    assert table.columns == ("Algorithm", "K-means", "HDBSCAN")
    assert table.rows == (("K-means", "1.00", "0.75"), ("HDBSCAN", "0.75", "1.00"))


def test_no_text_is_taken_for_markup_and_nothing_is_fetched(compared):
    page = render_comparison(compared)
    assert "&lt;b&gt;Shop&lt;/b&gt;" in page
    assert "Nothing &lt;better&gt; holds." in page
    assert "<b>Shop" not in page
    assert re.findall(r'(?:src|href)="(?!#)', page) == []


def test_where_no_clusters_have_space_around_them_it_is_said(compared):
    assert "some customers stand between all of them" in render_comparison(compared)


def test_the_same_findings_give_the_same_page(compared):
    assert render_comparison(compared) == render_comparison(compared)


@pytest.mark.parametrize("hostile", IN_A_PAGE)
def test_no_element_comes_from_a_text(compared, hostile):
    facts = {**compared.facts, **dict.fromkeys(("run_id", "as_of", "grade", "reason"), hostile)}
    algorithms = [{**row, "note": hostile} for row in compared.algorithms]
    html = render_comparison(Compared(hostile, facts, algorithms, compared.agreement, compared.points))
    assert (Elements(html).made_of_names(), html.lower().count("</style>"), html.lower().count("</title>")) == ([], 1, 1)
