"""The page says nothing of small groups, and says that it says nothing."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from oracle.page_input import rendered

SUPPRESSED = ("border_customers", "border_share", "silhouette_below_0_share", "silhouette_p10", "silhouette_p50", "silhouette_p90")
FIGURES = ["mean", "p10", "p50", "p90", "index", "hedges_g", "hedges_g_ci_low", "hedges_g_ci_high", "rank"]


@pytest.fixture(scope="module")
def page(page_input):
    """With everything suppressed that may be."""
    profile, accounting = page_input.profile.copy(), page_input.accounting.copy().astype({"count": float, "count_any_reason": float})
    profile.loc[profile["segment_id"] == 2, FIGURES] = None
    profile[["p10", "p90"]] = None
    customers = (accounting["subject"] == "customers") & (accounting["outcome"] != "segmented")
    accounting.loc[customers, ["count", "count_any_reason"]] = None
    medians = [name for name in page_input.summary.columns if name.endswith("_median")]
    manifest = page_input.manifest | {"suppression": {"min_group_size": 10, "values": {"segment_profile": 40, "accounting": 4}}}
    manifest["analyses"] = page_input.manifest["analyses"] | {"rfm": {"cut_points": {}, "adjusted_rand": 0.24}}
    rfm = {"rfm_segment": "Champions", **dict.fromkeys(("customers", "customer_share", "revenue_net", "revenue_share"))}
    rfm |= dict.fromkeys(("recency_days_median", "frequency_orders_median", "monetary_net_median"))
    return rendered(
        replace(
            page_input,
            manifest=manifest,
            profile=profile,
            accounting=accounting,
            summary=page_input.summary.assign(**dict.fromkeys((*SUPPRESSED, *medians))),
            rules=page_input.rules.assign(precision=None, recall=None),
            k_selection=page_input.k_selection.assign(min_segment_share=None),
            rfm=pd.DataFrame([rfm]),
            customers_per_point=10,
        )
    )


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_what_is_suppressed_is_a_dash_and_never_a_word_for_nothing(page):
    assert not re.search(r"\b(nan|None|NaN)\b", words(page))
    assert "Champions – – – – – – –" in words(page)


def test_the_page_says_what_is_suppressed(page):
    assert "Figures about fewer than 10 customers are suppressed" in words(page)
    assert "44 figures in the tables of this run are suppressed" in words(page)
    assert "how often this is right is suppressed" in words(page)
    assert "The number of customers near the boundary is suppressed" in words(page)


def test_the_accounting_adds_up_though_not_all_of_it_is_shown(page):
    assert "It adds up: every customer is counted once. A dash means that a figure would describe only a few customers." in words(page)
    assert "does not add up" not in page


def test_points_are_said_to_be_groups(page):
    assert "Each point is the mean of 10 customers or more who lie close together" in words(page)
    assert "means of 10 customers or more" in words(page)
    assert "Points, of 10 customers or more" in words(page)


def test_where_nothing_is_suppressed_nothing_is_said(page_input):
    page = words(rendered(page_input))
    assert "are suppressed" not in page
    assert "Each point is one customer of a sample" in page
