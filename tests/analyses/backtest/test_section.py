"""The page's section on the backtest, whichever grouping predicts better."""

from xml.etree import ElementTree

import pandas as pd
import pytest

from segmentation.analyses.backtest.section import backtest_section, highest_and_lowest, lift_table, method, share_retained, verdict
from segmentation.report.report_data import ReportData
from segmentation.report.section import Figure

FACTS = {"cutoff": "2011-09-09", "until": "2011-12-08", "horizon_days": 90, "customers": 3359, "segments": 2, "straddling_orders": 0}


def metrics(rfm_ahead, random_ahead, bound):
    """Differences from RFM and from random groups by outcome, each with a standard error of 0.01."""
    rows = []
    for number, (outcome, mean) in enumerate({"repurchase": 0.567, "orders": 1.5, "spend": 750.0}.items()):
        for grouping, groups, share, ahead in (
            ("segments", 2, 0.126, None),
            ("rfm", 10, 0.161, rfm_ahead[number]),
            ("rfm_score", 2, 0.11, 0.0),
            ("spend_deciles", 10, 0.1, 0.0),
            ("random", 2, -0.001, random_ahead[number]),
            ("gradient_boosting", None, bound[number], -0.04),
        ):
            measures = {"eta_squared": 0.13, "epsilon_squared": share, "standard_error": 0.009, "mean": mean}
            error = None if ahead is None else 0.01
            row = {"grouping": grouping, "outcome": outcome, "groups": groups, "customers": 3359}
            rows.append(row | measures | {"segments_ahead": ahead, "segments_ahead_error": error})
    return pd.DataFrame(rows)


def groups():
    names = {("segments", 1): ("Best <b>customers</b>", 2.73), ("segments", 2): ("Lapsed", 0.25), ("rfm", 1): ("Champions", 3.3)}
    names |= {("random", 1): ("Random group 1", 1.02)}
    return pd.DataFrame(
        [
            {"grouping": grouping, "group_id": number, "group_name": name, "outcome": outcome, "customers": 10, "mean": 0.5, "lift": lift}
            for (grouping, number), (name, lift) in names.items()
            for outcome in ("repurchase", "orders", "spend")
        ]
    )


def data_of(rfm_ahead=(0.0, 0.0, 0.0), random_ahead=(0.1, 0.1, 0.1), bound=(0.168, 0.12, 0.017), straddling_orders=0, **columns):
    """The tables of a backtest; `columns` replace columns of backtest_metrics."""
    facts = FACTS | {"straddling_orders": straddling_orders}
    tables = {"backtest_metrics": metrics(rfm_ahead, random_ahead, bound).assign(**columns), "backtest_segments": groups()}
    return ReportData({"analyses": {"backtest": facts}}, tables)


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (
            {"rfm_ahead": (-0.03, 0.0, 0.05)},
            "These segments predict better than RFM quintiles what they spent. "
            "RFM quintiles predict better than these segments whether they bought again. "
            "There is no clear difference from RFM quintiles in how many orders they placed.",
        ),
        (
            {"rfm_ahead": (-0.03, -0.03, -0.03)},
            "RFM quintiles predict better than these segments whether they bought again, how many orders they placed and what they spent.",
        ),
        (
            {"random_ahead": (0.1, 0.1, 0.01)},
            "There is no clear difference from RFM quintiles in whether they bought again, how many orders they placed and what they "
            "spent. These segments predict no better than random groups what they spent.",
        ),
    ],
    ids=["each once", "RFM is better", "no better than chance"],
)
def test_the_verdict_names_the_better_grouping_of_each_outcome(ahead, expected):
    assert verdict(data_of(**ahead)) == expected


def test_a_difference_of_unknown_error_is_none():
    unsure = data_of(rfm_ahead=(0.5, 0.5, 0.5), segments_ahead_error=None)
    assert "There is no clear difference from RFM quintiles in whether" in verdict(unsure)


def test_the_method_names_day_customers_and_share_that_came_back():
    assert method(data_of()).replace("\u00a0", " ") == (
        "Segments were fitted as of 2011-09-09, on what 3,359 customers had done before that day, and compared with what they did in the "
        "90 days from then on: 56.7 % bought again."
    )


def test_orders_on_both_sides_of_the_cutoff_are_mentioned():
    text = method(data_of(straddling_orders=1))
    assert text.endswith(" 1 order was begun before that day with lines after it, and counted whole, as before.")


def test_the_segments_of_highest_and_lowest_spend_are_named():
    text = highest_and_lowest(data_of())
    assert text == "Best <b>customers</b> went on to spend 2.73 times what the average customer did, Lapsed 0.25 times."


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        (
            (0.168, 0.12, 0.017),
            "These segments keep 75 % of whether they bought again and all of how many orders they placed. "
            "Nothing can be predicted of what they spent.",
        ),
        (
            (0.252, 0.63, 1.26),
            "These segments keep 50 % of whether they bought again, 20 % of how many orders they placed and 10 % of what they spent.",
        ),
        (
            (-0.1, 0.0, None),
            "Nothing can be predicted of whether they bought again, how many orders they placed and what they spent.",
        ),
    ],
    ids=["some", "each", "nothing"],
)
def test_the_page_says_how_much_of_what_can_be_predicted_the_segments_retain(bound, expected):
    text = share_retained(data_of(bound=bound)).replace("\u00a0", " ")
    assert text.partition("have not seen. ")[2] == expected


def test_the_lift_table_has_segments_and_rfm_segments_and_no_random_groups():
    rows = [row[:2] for row in lift_table(data_of()).rows]
    assert rows == [("Best <b>customers</b>", "ours"), ("Lapsed", "ours"), ("Champions", "RFM")]


def test_the_chart_is_described_in_words():
    (figure,) = (block for block in backtest_section(data_of()).blocks if isinstance(block, Figure))
    svg = ElementTree.fromstring(str(figure.chart.svg))
    assert "random groups −0.1\u00a0%" in svg.attrib["aria-label"]
    assert len(figure.chart.table.rows) == 18


def test_the_chart_can_be_drawn_where_nothing_is_explained():
    nothing = data_of(epsilon_squared=None, eta_squared=None, standard_error=None)
    (figure,) = (block for block in backtest_section(nothing).blocks if isinstance(block, Figure))
    assert "these segments –" in figure.chart.svg
