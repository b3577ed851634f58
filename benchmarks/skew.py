"""A log with one customer far larger than any other, and one order far longer: what a wholesaler or a faulty till leaves."""

from pathlib import Path

import duckdb

CUSTOMER_SHARE, ORDER_LINES = 0.05, 100_000

# One customer takes over every twentieth line by its hash; of these, the first so many become one order.
_SKEWED = """
WITH lines AS (
    SELECT *, hash(order_id, product_id, customer_id, ordered_at) % 10000 < {share} * 10000 AS is_theirs FROM '{log}/*.parquet'
), numbered AS (
    SELECT *, row_number() OVER (PARTITION BY is_theirs ORDER BY ordered_at, order_id, product_id, quantity) AS place FROM lines
)
SELECT * EXCLUDE (is_theirs, place) REPLACE (
    CASE WHEN is_theirs THEN 'wholesaler' ELSE customer_id END AS customer_id,
    CASE WHEN is_theirs AND place <= {lines} THEN 'everything' ELSE order_id END AS order_id
) FROM numbered ORDER BY ordered_at
"""


def write_skewed(log: Path, folder: Path) -> None:
    """Write the log again with both; it has as many lines, files of like size, and is in time order as before."""
    query = _SKEWED.format(share=CUSTOMER_SHARE, log=log, lines=ORDER_LINES)
    files = len(list(log.glob("*.parquet")))
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TEMP TABLE skewed AS {query}")
        (rows,) = connection.execute("SELECT count(*) FROM skewed").fetchone() or (0,)
        each = -(-rows // files)
        for number in range(files):
            part = f"SELECT * FROM skewed LIMIT {each} OFFSET {number * each}"
            connection.execute(f"COPY ({part}) TO '{folder}/part-{number:05d}.parquet' (FORMAT parquet, COMPRESSION snappy)")
