"""A page of customers without purchases, and one of customers with both."""

from dataclasses import replace

import pandas as pd
import pytest
from oracle.page_input import rendered

from segmentation.analyses.data_quality.accounting_table import accounting_table
from segmentation.analyses.profile.section import main_features
from segmentation.analyses.rules.section import examples_table
from segmentation.report.labels import numbered

COLUMNS = {
    "annual_income": {
        "column": "Annual Income (k$)",
        "type": "number",
        "levels": [],
        "features": {"recency_days": None},
        "missing": 3,
        "unreadable": 2,
        "flag": "frequency_orders",
    },
    "gender": {
        "column": "Gender",
        "type": "nominal",
        "levels": [],
        "features": {"monetary_net": "<b>Female</b>"},
        "missing": 0,
        "unreadable": 0,
        "flag": None,
    },
}
ROWS = [("read", None, 210), ("used", None, 200), ("merged", "same_customer", 7), ("rejected", "missing_customer_id", 3)]
CUSTOMERS = [("seen", None, 200), ("segmented", None, 200)]


def _accounting(rows, subject):
    return pd.DataFrame(
        [(subject, outcome, reason, n, n, None) for outcome, reason, n in rows],
        columns=["subject", "outcome", "reason", "count", "count_any_reason", "amount"],
    )


@pytest.fixture
def described(make_page_input):
    """Findings of a customer table alone."""
    whole = make_page_input(5)
    return replace(
        whole,
        manifest={**whole.manifest, "attributes": {"path": "t.csv", "format": "csv", "without_row": 0, "columns": COLUMNS}},
        accounting=pd.concat([_accounting(ROWS, "attribute_rows"), _accounting(CUSTOMERS, "customers")]),
        summary=whole.summary.drop(columns=["revenue_net", "revenue_share"]),
        actions=whole.actions.iloc[:0],
    )


def test_without_purchases_nothing_is_said_of_revenue_or_of_what_to_do(described):
    page = rendered(described)
    phrases = (
        "Net revenue",
        "What to do",
        "Who brings in the revenue",
        "Lines read",
        'id="actions"',
        'id="revenue"',
        "net spend per customer",
    )
    assert [word for word in phrases if word in page] == []
    assert "not what they buy or when" in page


def test_with_purchases_everything_is_said(page_input):
    page = rendered(page_input)
    phrases = ("Net revenue", "What to do about each", "Who brings in the revenue", 'id="actions"', "net spend per customer")
    assert [word for word in phrases if word not in page] == []
    assert "not what they buy or when" not in page


def test_the_headline_names_the_largest_segment(described):
    assert "4,338 customers in 5 segments. The largest, “Segment 5”, holds 34.3\u00a0% of them." in rendered(described)


def test_attributes_are_shown_with_their_gaps_and_called_by_name(described):
    page = rendered(described)
    assert "<caption>Attributes of customers</caption>" in page
    assert all(words in page for words in ("Annual income", "Annual income missing", "Gender: &lt;b&gt;Female&lt;/b&gt;"))
    assert "<b>Female</b>" not in page


def test_rows_of_the_table_add_up_on_the_page(described):
    of_rows = accounting_table(described.accounting, "attribute_rows", None)
    assert (of_rows.subject, of_rows.adds_up, of_rows.verdict) == (
        "rows of the customer table",
        True,
        "It adds up: every row is counted once.",
    )
    assert [(entry.name, entry.count) for entry in of_rows.lines] == [
        ("Used", "200"),
        ("Merged", "7"),
        ("Same customer", "7"),
        ("Rejected", "3"),
        ("Missing customer id", "3"),
    ]


def test_customers_unknown_to_the_log_are_shown_where_there_is_one(described):
    rows = _accounting([*ROWS[:1], ("used", None, 190), ("unmatched", "not_in_the_log", 10), *ROWS[2:]], "attribute_rows")
    assert "200" not in [entry.count for entry in accounting_table(rows, "attribute_rows", None).lines]
    assert accounting_table(rows, "attribute_rows", None).adds_up


def test_what_is_0_or_1_has_no_spread_to_show(described):
    level = described.profile["feature"] == "monetary_net"
    either = replace(described, profile=described.profile.assign(unit=described.profile["unit"].mask(level, "share")))
    assert "monetary_net" in main_features(described.data)
    assert main_features(either.data) == [name for name in main_features(described.data) if name != "monetary_net"]


def test_without_categories_nothing_is_said_of_what_most_is_spent_on(described):
    examples = described.examples[~described.examples["feature"].str.startswith("category_share_")]
    assert "Most spent on" in examples_table(described.data).columns
    assert "Most spent on" not in examples_table(replace(described, examples=examples).data).columns


def test_long_names_are_distinguished_by_the_segments_number():
    assert [numbered(2, "High annual income, low spending score"), numbered(3, "Segment 3")] == [
        "2 · High annual income, low spending score",
        "Segment 3",
    ]
