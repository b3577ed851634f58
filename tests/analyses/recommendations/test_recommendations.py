"""Affinities, rules and recommendations of a published run, compared with DuckDB."""

import duckdb
import pytest

BOUGHT = "SELECT DISTINCT customer_id, product_id FROM '{retailer}/transactions/*.parquet' WHERE quantity > 0 AND unit_price > 0"


def _rows(root, query, **paths):
    return duckdb.sql(query.format(root=f"{root}/current", **paths)).fetchall()


def test_affinities_are_those_of_a_plain_count(published, retailer):
    """Voided purchases are rare here: a product's customers differ by a few at most."""
    _, root = published
    counted = _rows(
        root,
        f"""SELECT segment_id, product_id, count(*) FROM ({BOUGHT}) JOIN '{{root}}/customer_segments/*.parquet' USING (customer_id)
        GROUP BY 1, 2""",
        retailer=retailer,
    )
    expected = {row[:2]: row[2] for row in counted}
    rows = _rows(root, "SELECT segment_id, product_id, customers FROM '{root}/segment_products/*.parquet'")
    differences = [expected.get((segment, product), 0) - count for segment, product, count in rows]
    assert len(rows) > 1_000
    assert min(differences) >= 0
    assert sum(differences) < 0.01 * sum(row[2] for row in rows)


def test_lifts_follow_from_the_published_counts(published):
    _, root = published
    wrong = _rows(
        root,
        """SELECT count(*) FROM (SELECT lift, customers / sum(customers) OVER (PARTITION BY segment_id)
        / (sum(customers) OVER (PARTITION BY product_id) / sum(customers) OVER ()) AS expected, lift_ci_low
        FROM '{root}/segment_products/*.parquet') WHERE abs(lift - expected) > 1e-9 OR lift_ci_low > lift""",
    )
    assert wrong == [(0,)]


def test_no_customer_is_recommended_what_was_bought_before(published, retailer):
    _, root = published
    again = _rows(
        root,
        f"""SELECT count(*) FROM '{{root}}/product_recommendations/*.parquet'
        JOIN ({BOUGHT} AND order_id NOT LIKE 'C%') USING (customer_id, product_id)""",
        retailer=retailer,
    )
    whole = _rows(
        root,
        """SELECT count(DISTINCT customer_id), (SELECT count(*) FROM '{root}/customer_segments/*.parquet')
        FROM '{root}/product_recommendations/*.parquet'""",
    )
    # The two differ by what was bought and voided within a day: that may be recommended.
    assert again[0][0] <= 2
    assert whole[0][0] == whole[0][1]


def test_each_segment_has_three_recommendations_or_a_reason(published):
    _, root = published
    rows = _rows(root, "SELECT segment_id, count(*), bool_or(kind = 'none') FROM '{root}/segment_recommendations/*.parquet' GROUP BY 1")
    (segments,) = _rows(root, "SELECT count(*) FROM '{root}/segment_summary/*.parquet'")[0]
    assert len(rows) == segments
    assert [row for row in rows if row[1] != 3 and not row[2]] == []


def test_the_page_shows_recommendations_and_rules(published):
    _, root = published
    page = (root / "current" / "report.html").read_text()
    (text,) = _rows(root, "SELECT recommendation FROM '{root}/segment_recommendations/*.parquet' ORDER BY segment_id, rank LIMIT 1")[0]
    assert text in page
    assert "What they buy together" in page


@pytest.mark.parametrize("table", ["segment_products", "product_recommendations"])
def test_descriptions_are_those_of_the_log(published, retailer, table):
    _, root = published
    wrong = _rows(
        root,
        f"""SELECT count(*) FROM '{{root}}/{table}/*.parquet' AS made
        JOIN (SELECT DISTINCT product_id, description FROM '{{retailer}}/transactions/*.parquet') AS log USING (product_id)
        WHERE made.description IS DISTINCT FROM log.description""",
        retailer=retailer,
    )
    assert wrong == [(0,)]
