"""The whole job on one machine without Spark: DuckDB aggregates, scikit-learn clusters. A peer to measure against."""

import argparse
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler

SEED = 42
LOGGED = ["recency_days", "frequency_orders", "monetary_net", "order_value_avg"]
SHARE = "category_share_"

LINES = """
CREATE VIEW lines AS
SELECT customer_id, order_id, product_id, category, ordered_at, quantity * unit_price AS amount, starts_with(order_id, 'C') AS cancelled
FROM read_parquet('{log}/*.parquet')
WHERE customer_id IS NOT NULL AND unit_price > 0 AND product_id <> 'POST'
"""

CUSTOMERS = """
WITH orders AS (
    SELECT customer_id, order_id, cancelled, min(ordered_at) AS first_line, max(ordered_at) AS last_line, sum(amount) AS amount, {spend}
    FROM lines GROUP BY ALL
),
customers AS (
    SELECT customer_id,
           count(*) FILTER (NOT cancelled) AS frequency_orders,
           sum(amount) FILTER (NOT cancelled) AS monetary_gross,
           sum(amount) AS monetary_net,
           min(first_line) FILTER (NOT cancelled) AS first_purchase,
           max(last_line) FILTER (NOT cancelled) AS last_purchase,
           {spend_sums}
    FROM orders GROUP BY customer_id
),
products AS (
    SELECT customer_id, count(DISTINCT product_id) AS breadth_products FROM lines WHERE NOT cancelled GROUP BY customer_id
),
as_of AS (SELECT max(last_line)::DATE + 1 AS as_of FROM orders)
SELECT customer_id, frequency_orders, breadth_products, monetary_gross, monetary_net,
       date_diff('day', last_purchase::DATE, as_of) AS recency_days,
       date_diff('day', first_purchase::DATE, as_of) AS tenure_days,
       monetary_net / frequency_orders AS order_value_avg,
       1 - monetary_net / monetary_gross AS return_rate,
       {shares}
FROM customers JOIN products USING (customer_id), as_of
"""


def customer_features(database: duckdb.DuckDBPyConnection, log: str) -> pd.DataFrame:
    """One row per customer with a purchase."""
    database.execute(LINES.format(log=log))
    categories = database.execute("SELECT DISTINCT category FROM lines WHERE NOT cancelled ORDER BY category").fetchall()
    names = {category: SHARE + category.lower() for (category,) in categories}
    spend = (f"sum(amount) FILTER (NOT cancelled AND category = '{category}') AS {name}" for category, name in names.items())
    sums = (f"coalesce(sum({name}), 0) AS {name}" for name in names.values())
    shares = (f"{name} / monetary_gross AS {name}" for name in names.values())
    query = CUSTOMERS.format(spend=", ".join(spend), spend_sums=", ".join(sums), shares=", ".join(shares))
    return database.execute(query).df()


def vectors(customers: pd.DataFrame) -> NDArray[np.float64]:
    """Heavy tails logged, every column of unit variance."""
    logged = np.log1p(customers[LOGGED].clip(lower=0).to_numpy(float))
    shares = customers.filter(regex=f"^{SHARE}").to_numpy(float)
    return StandardScaler().fit_transform(np.hstack([logged, shares]))


def best_clustering(points: NDArray[np.float64]) -> NDArray[np.int32]:
    """The segment of each customer, from the k of highest silhouette."""
    candidates = []
    for k in range(2, 11):
        labels = KMeans(k, n_init=3, random_state=SEED).fit(points).labels_
        sample = min(10_000, len(points))
        candidates.append((silhouette_score(points, labels, sample_size=sample, random_state=SEED), k, labels))
    silhouette, k, labels = max(candidates, key=lambda one: one[0])
    print(f"{k} segments, silhouette {silhouette:.3f}")
    return labels


def segment_summary(customers: pd.DataFrame) -> str:
    """Query for one row per segment."""
    means = (f"avg({name}) AS {name}" for name in (*LOGGED, "return_rate", *customers.filter(regex=f"^{SHARE}").columns))
    sums = "count(*) AS customers, sum(monetary_net) AS revenue_net"
    return f"SELECT segment_id, {sums}, {', '.join(means)} FROM customers GROUP BY segment_id ORDER BY segment_id"


def write(database: duckdb.DuckDBPyConnection, query: str, folder: Path) -> None:
    """Write what a query gives as a folder with one Parquet file."""
    folder.mkdir(parents=True)
    database.execute(f"COPY ({query}) TO '{folder}/part.parquet' (FORMAT parquet)")


def main() -> None:
    """Log in, tables out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", help="the generated log, Parquet")
    parser.add_argument("output", type=Path, help="folder for customer_segments and segment_summary")
    given = parser.parse_args()
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    customers = customer_features(database, given.log)
    customers["segment_id"] = best_clustering(vectors(customers))
    database.register("customers", customers)
    write(database, "SELECT * FROM customers", given.output / "customer_segments")
    write(database, segment_summary(customers), given.output / "segment_summary")


if __name__ == "__main__":
    main()
