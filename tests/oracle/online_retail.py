"""What the UCI "Online Retail" log must come to, computed a second time in DuckDB and plain Python.

Nothing of the package and nothing of Spark is imported here: to agree on a wrong figure, both must
have made the same mistake. Amounts are integers in ten-thousandths of the currency (`_e4`).
"""

from datetime import timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import duckdb
import pandas as pd

VOID_WITHIN = timedelta(hours=24)
REASONS = ("guest", "zero_quantity", "price_not_above_zero", "not_a_product")
PARTS = {
    "read": "true",
    "rejected": "status = 'rejected'",
    "voided": "status = 'voided'",
    "voided_purchases": "status = 'voided' AND NOT is_return",
    "voided_returns": "status = 'voided' AND is_return",
    "accepted": "status = 'accepted'",
    "accepted_purchases": "status = 'accepted' AND NOT is_return",
    "accepted_returns": "status = 'accepted' AND is_return",
}

READ = r"""
CREATE TABLE lines AS
WITH cleaned AS (
    SELECT row_number() OVER () AS line,
           nullif(regexp_replace(trim(CustomerID), '^(\d+)\.0+$', '\1'), '') AS customer_id,
           nullif(upper(trim(InvoiceNo)), '') AS order_id,
           nullif(upper(trim(StockCode)), '') AS product_id,
           CAST(InvoiceDate AS TIMESTAMP) AS ordered_at,
           CAST(Quantity AS BIGINT) AS quantity,
           CAST(CAST(UnitPrice AS DECIMAL(18, 4)) * 10000 AS BIGINT) AS price_e4
    FROM read_csv(?, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"')
), judged AS (
    SELECT *, quantity * price_e4 AS amount_e4,
           quantity < 0 OR starts_with(order_id, 'C') AS is_return,
           customer_id IS NULL AS guest,
           quantity = 0 AS zero_quantity,
           price_e4 <= 0 AS price_not_above_zero,
           starts_with(product_id, 'GIFT_') OR product_id IN (
               'POST', 'DOT', 'M', 'C2', 'D', 'S', 'B', 'BANK CHARGES', 'AMAZONFEE', 'CRUK', 'PADS'
           ) AS not_a_product
    FROM cleaned
)
SELECT *, if(
    guest OR zero_quantity OR price_not_above_zero OR not_a_product, 'rejected', 'accepted'
) AS status
FROM judged
"""

INCOMPLETE = """
SELECT count(*) FROM lines
WHERE (order_id || product_id || ordered_at || quantity || price_e4) IS NULL
"""

# Before voiding, whatever is not rejected is accepted. Only keys with a return can have a match.
VOIDABLE = """
SELECT customer_id, product_id, abs(quantity), price_e4, is_return, ordered_at, order_id, line
FROM lines
WHERE status = 'accepted'
QUALIFY bool_or(is_return) OVER (PARTITION BY customer_id, product_id, abs(quantity), price_e4)
ORDER BY customer_id, product_id, abs(quantity), price_e4, ordered_at, order_id, line
"""

VOID = "UPDATE lines SET status = 'voided' WHERE line IN (SELECT unnest(?::BIGINT[]))"

ORDERS = """
CREATE TABLE orders AS
SELECT customer_id, order_id,
       CAST(min(ordered_at) AS DATE) AS ordered_on,
       coalesce(sum(amount_e4) FILTER (NOT is_return), 0) AS gross,
       coalesce(sum(abs(amount_e4)) FILTER (is_return), 0) AS returned,
       gross - returned > 0 AS is_purchase
FROM lines
WHERE status = 'accepted'
GROUP BY customer_id, order_id
"""

FEATURES = """
WITH analysis AS (
    SELECT CAST(max(ordered_at) AS DATE) + 1 AS as_of FROM lines WHERE status <> 'rejected'
), breadth AS (
    SELECT customer_id, count(DISTINCT product_id) AS breadth_products
    FROM lines WHERE status = 'accepted' AND NOT is_return GROUP BY customer_id
), totals AS (
    SELECT customer_id,
           min(ordered_on) FILTER (is_purchase) AS first_on,
           max(ordered_on) FILTER (is_purchase) AS last_on,
           count(*) FILTER (is_purchase) AS frequency_orders,
           count(DISTINCT ordered_on) FILTER (is_purchase) AS purchase_days,
           count(*) FILTER (is_purchase AND isodow(ordered_on) >= 6) AS weekend_orders,
           sum(gross) AS gross, sum(returned) AS returned
    FROM orders GROUP BY customer_id
)
SELECT customer_id,
       as_of - last_on AS recency_days,
       as_of - first_on AS tenure_days,
       frequency_orders, purchase_days,
       CAST(gross AS BIGINT) AS monetary_gross_e4,
       CAST(gross - returned AS BIGINT) AS monetary_net_e4,
       monetary_net_e4 / 10000 / frequency_orders AS order_value_avg,
       (last_on - first_on) / nullif(purchase_days - 1, 0) AS interpurchase_days_avg,
       breadth_products,
       least(1.0, CAST(returned AS DOUBLE) / CAST(gross AS DOUBLE)) AS return_rate,
       weekend_orders / frequency_orders AS weekend_order_share
FROM totals CROSS JOIN analysis JOIN breadth USING (customer_id)
WHERE frequency_orders > 0
ORDER BY customer_id
"""

UNSEGMENTED = """
WITH seen AS (
    SELECT customer_id,
           bool_or(status = 'accepted') AS accepted, bool_or(status = 'voided') AS voided
    FROM lines WHERE customer_id IS NOT NULL GROUP BY customer_id
), buyers AS (SELECT DISTINCT customer_id FROM orders WHERE is_purchase)
SELECT count(*) FILTER (NOT accepted AND NOT voided) AS only_rejected_lines,
       count(*) FILTER (NOT accepted AND voided) AS only_voided_lines,
       count(*) FILTER (accepted AND customer_id NOT IN (FROM buyers)) AS no_purchase
FROM seen
"""


def accounting(folder: str | Path) -> dict[str, int]:
    """Lines and amounts of the log, by what became of them.

    Parameters
    ----------
    folder : str or Path
        Holds the log as `*.csv.gz`; read once per process.

    Returns
    -------
    dict of str to int
        `lines_<part>` and `amount_e4_<part>` for PARTS (read = rejected + voided + accepted),
        `lines_<reason>` for REASONS, which overlap, and `customers_seen` on any line.
    """
    measures = {f"lines_{part}": f"count(*) FILTER ({rule})" for part, rule in PARTS.items()}
    measures |= {f"lines_{reason}": f"count(*) FILTER ({reason})" for reason in REASONS}
    for part, rule in PARTS.items():
        measures[f"amount_e4_{part}"] = f"coalesce(sum(amount_e4) FILTER ({rule}), 0)"
    measures["customers_seen"] = "count(DISTINCT customer_id)"
    columns = ", ".join(f"{measure} AS {name}" for name, measure in measures.items())
    return _one_row(folder, f"SELECT {columns} FROM lines")


def customer_features(folder: str | Path) -> pd.DataFrame:
    """One row per customer with a purchase order (one with a net above zero), by customer_id.

    Returns
    -------
    pandas.DataFrame
        customer_id (str); recency_days, tenure_days, frequency_orders, purchase_days,
        monetary_gross_e4, monetary_net_e4, breadth_products (int64); order_value_avg (in currency),
        interpurchase_days_avg (NaN after a single purchase day), return_rate and
        weekend_order_share (0 to 1) (float64).
    """
    return _log(str(folder)).execute(FEATURES).df()


def unsegmented(folder: str | Path) -> dict[str, int]:
    """Count the customers seen without a purchase order, by what their lines came to.

    Returns
    -------
    dict of str to int
        `only_rejected_lines` (none accepted or voided), `only_voided_lines` (some voided, none
        accepted), `no_purchase` (some accepted, but no purchase order).
    """
    return _one_row(folder, UNSEGMENTED)


def outlook(folder: str | Path, cut: str, until: str) -> pd.DataFrame:
    """Features of the customers of a past day, and what they did from it to before `until`.

    Returns
    -------
    pandas.DataFrame
        The columns of customer_features as of `cut`, from a log that ends there; repurchase (0 or 1), orders and
        spend_e4 (net) from a log that ends at `until`.
    """
    features, log = _log(str(folder), cut).execute(FEATURES).df(), _log(str(folder), until)
    after = """SELECT customer_id, count(*) FILTER (is_purchase) AS orders, CAST(sum(gross - returned) AS BIGINT) AS spend_e4
               FROM orders WHERE ordered_on >= CAST(? AS DATE) GROUP BY customer_id"""
    outcomes = features.merge(log.execute(after, [cut]).df(), how="left", on="customer_id").fillna({"orders": 0, "spend_e4": 0})
    return outcomes.assign(repurchase=(outcomes["orders"] > 0).astype(int))


def _one_row(folder: str | Path, query: str) -> dict[str, int]:
    result = _log(str(folder)).execute(query)
    names = [column[0] for column in result.description]
    [row] = result.fetchall()
    return dict(zip(names, row, strict=True))


@lru_cache(maxsize=3)
def _log(folder: str, before: str = "9999-12-31") -> duckdb.DuckDBPyConnection:
    """Tables `lines` and `orders`, of what came before a day; kept, as reading takes longer than all the questions."""
    log = duckdb.connect(config={"threads": 2})
    log.execute(READ, [f"{folder}/*.csv.gz"])
    log.execute("DELETE FROM lines WHERE ordered_at >= CAST(? AS TIMESTAMP)", [before])
    [(incomplete,)] = log.execute(INCOMPLETE).fetchall()
    assert incomplete == 0, f"{incomplete} lines lack an order, product, date, quantity or price"
    voided = _voided_lines(log.execute(VOIDABLE).fetchall())
    log.execute(VOID, [voided])
    log.execute(ORDERS)
    return log


def _voided_lines(rows: list[tuple]) -> list[int]:
    """Ids of the lines that cancel each other, from rows of VOIDABLE."""
    voided: list[int] = []
    for _, alike in groupby(rows, key=itemgetter(0, 1, 2, 3)):
        moments: dict[bool, list[tuple]] = {False: [], True: []}
        for *_, is_return, ordered_at, order_id, line in alike:
            moments[is_return].append((ordered_at, order_id, line))
        voided += _matched(purchases=moments[False], returns=moments[True])
    return voided


def _matched(purchases: list[tuple], returns: list[tuple]) -> list[int]:
    """Each return in turn takes the latest free purchase not after it, if at most a day old."""
    free, voided = list(purchases), list[int]()
    for returned_at, _, line in returns:
        latest = max((moment for moment in free if moment[0] <= returned_at), default=None)
        if latest and returned_at - latest[0] <= VOID_WITHIN:
            free.remove(latest)
            voided += [latest[-1], line]
    return voided
