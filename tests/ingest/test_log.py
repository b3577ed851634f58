"""Ingestion gives the same orders whether or not ids are canonical already."""

from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from segmentation.context import RunContext
from segmentation.ingest import log as log_module
from segmentation.ingest.log import ingest_log
from segmentation.progress import RunLog
from segmentation.publish.run import create_run
from segmentation.settings import load_settings

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
COLUMNS = ("customer_id", "order_id", "product_id", "quantity", "unit_price", "ordered_at")
LOG = """
input:
  format: parquet
  path: {root}/log
  columns: {{customer_id: customer_id, order_id: order_id, product_id: product_id, quantity: quantity, unit_price: unit_price,
            ordered_at: ordered_at}}
rules: {{max_rejected_share: 1}}
output: {{path: {root}/out}}
"""


@pytest.fixture
def ingest(spark, tmp_path, monkeypatch):
    """Ingest lines of (customer, order, product): orders, reasons of rejected lines, and the ids that were taken as plain."""
    calls = []
    validate_lines = log_module.validate_lines

    def recorded(log, settings, pseudonyms, erased, plain_ids=()):
        calls.append(frozenset(plain_ids))
        return validate_lines(log, settings, pseudonyms, erased, plain_ids)

    monkeypatch.setattr(log_module, "validate_lines", recorded)
    (tmp_path / "conf.yaml").write_text(LOG.format(root=tmp_path))

    def of(*lines):
        rows = [(*ids, 1, 2.5, datetime(2026, 1, 1, hour)) for hour, ids in enumerate(lines)]
        spark.createDataFrame(rows, COLUMNS).coalesce(1).write.parquet(str(tmp_path / "log"))
        with ExitStack() as resources:
            context = RunContext(
                spark, load_settings(tmp_path / "conf.yaml"), create_run(str(tmp_path / "out"), "run"), NOON, RunLog(), resources
            )
            log = ingest_log(context)
            orders = sorted((row.customer_id, row.order_id, row.lines) for row in log.orders.collect())
            return orders, [row.reasons for row in log.rejected_lines.collect()], calls[-1]

    return of


def test_ids_that_are_plain_on_every_line_are_used_unchanged(ingest):
    orders, rejected, plain = ingest(("7", "A1", "MUG"), ("7", "A1", "CUP"), (None, "A2", "MUG"))
    assert (orders, rejected) == ([("7", "A1", 2)], [["guest"]])
    assert plain == {"customer_id", "order_id", "product_id"}


def test_one_id_that_is_not_plain_has_its_whole_column_made_canonical(ingest):
    orders, rejected, plain = ingest(("7", "A1", "MUG"), (" 7.0", "a1", "CUP"), ("null", "A2", "MUG"), ("c\ufffd", "A3", "MUG"))
    assert (orders, rejected) == ([("7", "A1", 2)], [["guest"], ["unreadable_id"]])
    assert plain == {"product_id"}
