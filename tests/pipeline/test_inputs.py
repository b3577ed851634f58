"""Attributes of a customer table joined to the purchases of a log."""

from datetime import UTC, datetime

import duckdb
import pytest

from segmentation.pipeline.run import segment

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
COLUMNS = {
    "income": {"column": "Annual income", "type": "number", "transform": "log1p"},
    "grade": {"column": "Grade", "type": "ordinal", "levels": ["bronze", "silver", "gold"]},
    "club": {"column": "Club", "type": "boolean"},
    "channel": {"column": "Channel", "type": "nominal", "use": False},
}


@pytest.fixture(scope="module")
def joined(spark, retailer, settings_for, tmp_path_factory):
    """A run with a customer table of every second customer, two rows of one of them, and three of strangers."""
    root = tmp_path_factory.mktemp("joined")
    ids = [
        row[0]
        for row in duckdb.sql(
            f"SELECT DISTINCT customer_id FROM '{retailer}/transactions/*.parquet' WHERE customer_id IS NOT NULL ORDER BY 1"
        ).fetchall()
    ]
    known = ids[::2]
    rows = [
        f"{who},{1000 + 10 * n},{('bronze', 'Silver', 'GOLD')[n % 3]},{'yes' if n % 4 else 'no'},{'web' if n % 2 else 'shop'}"
        for n, who in enumerate(known)
    ]
    rows[1] = rows[1].replace(",1010,", ",plenty,")
    rows += [rows[0], "stranger-1,1,gold,y,web", "stranger-2,2,gold,y,web", "stranger-3,3,gold,y,web"]
    (root / "table.csv").write_text("Number,Annual income,Grade,Club,Channel\n" + "\n".join(rows) + "\n")
    table = {"format": "csv", "path": str(root / "table.csv"), "customer_id": "Number", "columns": COLUMNS}
    return segment(spark, settings_for(root / "out", attributes=table), NOON), root / "out" / "current", known


def test_customer_features_has_the_customers_of_the_log_and_no_others(joined):
    outcome, current, known = joined
    count, with_grade = duckdb.sql(f"SELECT count(*), count(grade) FROM '{current}/customer_features/*.parquet'").fetchall()[0]
    facts = outcome.manifest["attributes"]
    in_the_log = len(known) - (facts["unknown"] - 3)
    assert count == outcome.manifest["choice"]["customers"]
    assert (with_grade, facts["without_row"]) == (in_the_log, count - in_the_log)
    assert (facts["rows"], facts["customers"], facts["duplicates"]) == (len(known) + 4, len(known) + 3, 1)


def test_attributes_become_columns_as_declared(joined):
    _, current, known = joined
    columns = "grade, club, channel_shop, channel_web, channel_missing, income_missing, grade_missing, club_missing"
    query = f"SELECT {columns} FROM '{current}/customer_features/*.parquet' WHERE customer_id = '{known[1]}'"
    assert duckdb.sql(query).fetchall() == [(1, 1, 0, 1, 0, 1, 0, 0)]


def test_missing_and_unreadable_values_are_counted(joined):
    outcome, *_ = joined
    facts = outcome.manifest["attributes"]
    assert {name: column["missing"] - facts["without_row"] for name, column in facts["columns"].items()} == {
        "income": 1,
        "grade": 0,
        "club": 0,
        "channel": 0,
    }
    assert facts["columns"]["income"]["unreadable"] == 1
    features = {row["feature"]: row for row in outcome.manifest["features"]}
    assert (features["income"]["block"], features["income"]["missing"]) == ("attributes", facts["without_row"] + 1)
    assert "channel_web" not in features


def test_rows_of_the_table_are_accounted_for(joined):
    _, current, _ = joined
    rows = duckdb.sql(f"SELECT outcome, count FROM '{current}/accounting/*.parquet' WHERE subject = 'attribute_rows'").fetchall()
    counts = dict(rows)
    assert counts["read"] == counts["used"] + counts["merged"] + counts["unmatched"]
    assert "Rows of the customer table" in (current / "report.html").read_text()


def test_segments_with_purchases_have_actions_and_scoring_sql_agrees(joined):
    outcome, current, _ = joined
    assert len(outcome.tables["segment_actions"]) == len(outcome.tables["segment_summary"])
    assert all(row["action"] for row in outcome.tables["segment_summary"])
    connection = duckdb.connect()
    connection.sql(f"CREATE VIEW customer_features AS FROM '{current}/customer_features/*.parquet'")
    scored = connection.sql((current / "model" / "scoring.sql").read_text()).fetchall()
    written = duckdb.sql(f"SELECT customer_id, segment_id FROM '{current}/customer_segments/*.parquet'").fetchall()
    assert sorted(row[:2] for row in scored) == sorted(written)
