"""What the documents and the example settings say is what the code does."""

import importlib.util
from pathlib import Path

import duckdb
import pytest
from oracle.published_tables import AFTER_ANOTHER, ALWAYS, WITH_BASKETS, WITH_CUTOFF, WITH_SENSITIVE_ATTRIBUTES

from segmentation.analyses.registry import all_tables
from segmentation.comparison.tables import COMPARISON_AGREEMENT, COMPARISON_ALGORITHMS
from segmentation.ingest.rules import rules
from segmentation.profiling.aggregates import SUMMARISED
from segmentation.settings import as_commented_yaml, load_settings

REPOSITORY = Path(__file__).resolve().parents[1]
TABLES_PAGE = (REPOSITORY / "docs" / "tables.md").read_text()
EVERY_TABLE = (*ALWAYS, *WITH_BASKETS, *WITH_CUTOFF, *AFTER_ANOTHER, *WITH_SENSITIVE_ATTRIBUTES)


def section(table):
    return TABLES_PAGE.split(f"\n## {table}\n")[1].split("\n## ")[0]


def test_the_generated_chapters_are_current():
    script = importlib.util.spec_from_file_location("table_docs", REPOSITORY / "scripts" / "table_docs.py")
    table_docs = importlib.util.module_from_spec(script)
    script.loader.exec_module(table_docs)
    assert table_docs.current(TABLES_PAGE) == TABLES_PAGE, "run python scripts/table_docs.py"


def test_every_table_is_declared_once():
    assert sorted(spec.name for spec in all_tables()) == sorted(EVERY_TABLE)


@pytest.mark.parametrize("spec", all_tables(), ids=lambda spec: spec.name)
def test_every_declaration_is_complete(spec):
    assert spec.grain.endswith(".")
    assert [column.name for column in spec.columns if not column.doc.endswith((".", ")"))] == []
    assert [name for name in spec.key if name not in {column.name for column in spec.columns}] == []


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
