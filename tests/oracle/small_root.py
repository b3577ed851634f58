"""An output root with two sealed runs of a few customers, written by hand: everything that may hold people, at little cost."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from segmentation import storage
from segmentation.privacy.pseudonyms import key_id
from segmentation.publish import comparison
from segmentation.publish.publications import publish_if_latest
from segmentation.publish.run import Run, create_run
from segmentation.publish.seal import run_checksums, seal_run
from segmentation.report.redaction import REDACTABLE_END, REDACTABLE_START

OLD, NEW = "20260101T000000000000Z", "20260201T000000000000Z"
ANN, BOB, CAT, DAN, EVE = "C1000001", "C1000002", "17850", "C1000004", "Eve Müller/5"
"""Eve has only rejected lines, Dan only voided ones; 17850 is also a product that Ann bought."""

TABLES = {
    "customer_features": f"SELECT * FROM (VALUES ('{ANN}', 10.5), ('{BOB}', 20.25), ('{CAT}', 30.0)) t(customer_id, monetary_net)",
    "customer_segments": """SELECT customer_id, 1::INT AS segment_id, 'Best' AS segment_name, '{run}' AS run_id
        FROM (VALUES ('{ann}'), ('{bob}'), ('{cat}')) t(customer_id)""",
    "unsegmented_customers": f"""SELECT * FROM (VALUES ('{DAN}', 'only_voided_lines'), ('{EVE}', 'only_rejected_lines'))
        t(customer_id, reason)""",
    "rejected_lines": f"""SELECT * FROM (VALUES
        (['guest'], NULL, 5.0::DECIMAL(18,4), '7', NULL),
        (['zero_quantity'], '{EVE}', 0.0::DECIMAL(18,4), '8', NULL),
        (['price_not_above_zero', 'zero_quantity'], '{ANN}', -1.0::DECIMAL(18,4), '9', NULL),
        (['unreadable_record'], NULL, NULL, NULL, '2026;{BOB};"mug')) t(reasons, customer_id, line_amount, order_id, record)""",
    "product_recommendations": f"""SELECT * FROM (VALUES ('{ANN}', 1, '17850', ['17850']), ('{BOB}', 1, 'mug', ['cup']))
        t(customer_id, place, product_id, antecedent)""",
    "segment_summary": "SELECT 1::INT AS segment_id, 3::BIGINT AS customers, '{run}' AS run_id",
    "segment_examples": "SELECT 1::INT AS segment_id, 1::INT AS rank, 'monetary_net' AS feature, 10.5 AS value",
    "accounting": """SELECT subject, outcome, reason, count::BIGINT AS count, count_any_reason::BIGINT AS count_any_reason,
        amount::DECIMAL(18,4) AS amount
        FROM (VALUES ('lines', 'read', NULL, 10, 10, 66.75), ('lines', 'rejected', 'guest', 1, 1, 5),
        ('lines', 'rejected', 'zero_quantity', 1, 2, 0), ('lines', 'rejected', 'price_not_above_zero', 1, 1, -1),
        ('lines', 'rejected', 'unreadable_record', 1, 1, 0),
        ('lines', 'accepted', 'purchase', 4, 4, 62.75), ('lines', 'accepted', 'return', 0, 0, 0),
        ('lines', 'voided', 'purchase', 1, 1, 4), ('lines', 'voided', 'return', 1, 1, -4),
        ('customers', 'seen', NULL, 5, 5, NULL), ('customers', 'segmented', NULL, 3, 3, NULL),
        ('customers', 'unsegmented', 'only_voided_lines', 1, 1, NULL), ('customers', 'unsegmented', 'only_rejected_lines', 1, 1, NULL))
        t(subject, outcome, reason, count, count_any_reason, amount)""",
}
ORDERS = f"""SELECT customer_id, order_id, voided_at::TIMESTAMPTZ AS voided_at,
    began::TIMESTAMPTZ AS ordered_at, began::TIMESTAMPTZ AS last_line_at,
    lines::BIGINT AS lines, return_lines::BIGINT AS return_lines, gross::BIGINT AS gross_e4, returned::BIGINT AS returned_e4 FROM (VALUES
    ('{ANN}', '1', NULL, '2026-01-01', 1, 0, 125000, 0), ('{ANN}', '2', NULL, '2026-01-02', 1, 0, 0, 0),
    ('{BOB}', '3', NULL, '2026-01-03', 1, 0, 202500, 0), ('{CAT}', '4', NULL, '2026-01-03', 1, 0, 300000, 0),
    ('{DAN}', '5', '2026-01-04', '2026-01-03', 2, 1, 40000, 40000))
    t(customer_id, order_id, voided_at, began, lines, return_lines, gross, returned)"""
PAGE = f"<html><body>{REDACTABLE_START}<table><td>10.5</td></table>{REDACTABLE_END}<p>17850 of all, run {{run}}</p></body></html>"


def made(root, run_ids=(OLD, NEW), keys=None):
    """Write runs of which the last is published, has a comparison and incremental state; return them.

    With keys, by run, Ann, Bob, Dan and Eve have pseudonyms.
    """
    runs = [_run(str(root), run_id, (keys or {}).get(run_id)) for run_id in run_ids]
    _comparison(runs[-1], (keys or {}).get(run_ids[-1]))
    return runs


def pseudonym(key, name):
    """HMAC-SHA-256 (RFC 2104)."""
    return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()


def _called(sql, key):
    for name in (ANN, BOB, DAN, EVE) if key else ():
        sql = sql.replace(name, pseudonym(key, name))
    return sql


def _run(root, run_id, key):
    run = create_run(root, run_id)
    names = {"run": run_id, "ann": ANN, "bob": BOB, "cat": CAT}
    for name, sql in TABLES.items():
        table(_called(sql.format(**names) if "{" in sql else sql, key), run.path(name))
    table(_called(ORDERS, key), run.orders)
    if run_id == NEW:
        table(f"SELECT customer_id, order_id FROM ({_called(ORDERS, key)})", f"{run.orders}/_incremental/recent_lines")
        storage.write_text(f"{run.orders}/_incremental/state.json", "{}")
    storage.write_text(run.path("report.html"), PAGE.format(run=run_id))
    storage.make_folder(run.path("model"))
    storage.write_text(run.path("model", "scoring.sql"), "SELECT 17850 AS cap -- a number\n")
    seal(run, key)
    publish_if_latest(run, "2026-01-05", datetime.strptime(run_id[:8], "%Y%m%d").replace(tzinfo=UTC))
    return run


def seal(run, key=None):
    """Seal a run with the tables in its folder."""
    tables = {name: duckdb.sql(f"SELECT count(*) FROM '{run.path(name)}/*.parquet'").fetchall()[0][0] for name in TABLES}
    manifest = {"run_id": run.run_id, "as_of": "2026-01-05", "tables": tables, "audit": {"passed": True, "faults": []}, "customers": 17850}
    manifest["pseudonyms"] = {"key_id": key_id(key)} if key else None
    seal_run(run, manifest, run_checksums(run))


def _comparison(run, key):
    own = comparison.Comparison(run, "20260202T000000000000Z")
    clusters = f"SELECT * FROM (VALUES ('{ANN}', 1), ('{DAN}', 2)) t(customer_id, kmeans)"
    table(_called(clusters, key), own.path("clusters"))
    storage.write_text(own.path("comparison.json"), json.dumps({"run_id": run.run_id}))
    storage.write_text(own.path("comparison.html"), PAGE.format(run=run.run_id))
    comparison.publish_comparison(own)


def table(sql, place):
    """Write a table of one file."""
    Path(place).mkdir(parents=True, exist_ok=True)
    duckdb.sql(f"COPY ({sql}) TO '{place}/part-0.parquet' (FORMAT parquet)")


def settings_of(root, **privacy):
    """Settings with this output root."""
    from segmentation.settings import settings_from_dict  # noqa: PLC0415

    columns = {"customer_id": "c", "ordered_at": "t", "amount": "a"}
    log = {"format": "csv", "path": "log.csv", "columns": columns}
    return settings_from_dict({"input": log, "output": {"path": str(root)}, "privacy": privacy})


def everyone(place):
    """All customers in a table."""
    return {row[0] for row in duckdb.sql(f"SELECT DISTINCT customer_id FROM '{place}/*.parquet' WHERE customer_id IS NOT NULL").fetchall()}


def accounting(run: Run):
    """Counts and amounts of the accounting, by outcome and reason."""
    columns = "outcome, reason, count, count_any_reason, amount::DOUBLE"
    rows = duckdb.sql(f"SELECT {columns} FROM '{run.path('accounting')}/*.parquet'").fetchall()
    return {tuple(row[:2]): tuple(row[2:]) for row in rows}
