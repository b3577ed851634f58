"""What the documents and the example settings say is what the code does."""

from pathlib import Path

import duckdb
import pytest

from segmentation import schemas
from segmentation.comparison.tables import COMPARISON_AGREEMENT, COMPARISON_ALGORITHMS
from segmentation.ingest.rules import rules
from segmentation.profiling.aggregates import SUMMARISED
from segmentation.publish.run import AFTER_ANOTHER, ASKED_FOR, BASKET_TABLES, TABLES, WHERE_DECLARED
from segmentation.settings import as_commented_yaml, load_settings

REPOSITORY = Path(__file__).resolve().parents[1]
TABLES_PAGE = (REPOSITORY / "docs" / "tables.md").read_text()
SCHEMAS = {
    "customer_segments": schemas.CUSTOMER_SEGMENTS,
    "unsegmented_customers": schemas.UNSEGMENTED_CUSTOMERS,
    "accounting": schemas.ACCOUNTING,
    "k_selection": schemas.K_SELECTION,
    "segment_actions": schemas.SEGMENT_ACTIONS,
    "segment_profile": schemas.SEGMENT_PROFILE,
    "segment_rules": schemas.SEGMENT_RULES,
    "segment_examples": schemas.SEGMENT_EXAMPLES,
    "segment_products": schemas.SEGMENT_PRODUCTS,
    "segment_categories": schemas.SEGMENT_CATEGORIES,
    "association_rules": schemas.ASSOCIATION_RULES,
    "segment_recommendations": schemas.SEGMENT_RECOMMENDATIONS,
    "product_recommendations": schemas.PRODUCT_RECOMMENDATIONS,
    "rfm_baseline": schemas.RFM_BASELINE,
    "rfm_overlap": schemas.RFM_OVERLAP,
    "backtest_metrics": schemas.BACKTEST_METRICS,
    "backtest_segments": schemas.BACKTEST_SEGMENTS,
    "sensitive_attributes": schemas.SENSITIVE_ATTRIBUTES,
    "drift": schemas.DRIFT,
    "drift_trend": schemas.DRIFT_TREND,
    "segment_migration": schemas.SEGMENT_MIGRATION,
    "segment_lineage": schemas.SEGMENT_LINEAGE,
    "segment_history": schemas.SEGMENT_HISTORY,
    "segment_trend": schemas.SEGMENT_TREND,
}


def section(table):
    return TABLES_PAGE.split(f"\n## {table}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("table", [*TABLES, *BASKET_TABLES, *ASKED_FOR, *WHERE_DECLARED, *AFTER_ANOTHER])
def test_every_table_has_a_section(table):
    assert "Grain:" in section(table)


@pytest.mark.parametrize("table", SCHEMAS)
def test_every_column_is_documented_with_its_table(table):
    assert [name for name in SCHEMAS[table].names if name not in section(table)] == []


def test_every_feature_is_documented(published):
    _, root = published
    columns = duckdb.sql(f"SELECT * FROM '{root}/current/customer_features/*.parquet' LIMIT 0").columns
    families = ("category_share_", "month_order_share_")
    assert [name for name in columns if not name.startswith(families) and name not in section("customer_features")] == []
    assert [name for name in SUMMARISED if name not in section("segment_summary")] == []


def test_every_reason_is_documented(spark):
    settings = load_settings(
        REPOSITORY / "conf" / "example.yaml", values={"rules.exact_duplicates": "reject", "rules.history_start": "2024-01-01"}
    )
    reasons = {rule.reason.removeprefix("missing_").removeprefix("unreadable_") for rule in rules(settings)}
    assert [reason for reason in reasons if reason not in section("rejected_lines")] == []


def test_the_example_shows_every_key_and_is_what_the_command_prints():
    text = (REPOSITORY / "conf" / "example.yaml").read_text()
    assert text.split("\n\n", 1)[1] == as_commented_yaml(load_settings(REPOSITORY / "conf" / "example.yaml"))


@pytest.mark.parametrize("name", ["demo", "online_retail", "example"])
def test_the_settings_that_come_along_are_sound(name):
    assert load_settings(REPOSITORY / "conf" / f"{name}.yaml").input.columns.customer_id


def test_the_settings_of_a_customer_table_are_sound():
    assert load_settings(REPOSITORY / "conf" / "mall_customers.yaml").attributes.customer_id == "CustomerID"


@pytest.mark.parametrize("spec", [COMPARISON_ALGORITHMS, COMPARISON_AGREEMENT], ids=lambda spec: spec.name)
def test_every_column_of_a_comparison_is_documented(spec):
    page = (REPOSITORY / "docs" / "comparison.md").read_text()
    described = page.split(f"\n## {spec.name}\n")[1].split("\n## ")[0]
    assert [column.name for column in spec.columns if column.name not in described] == []
