"""A log of any ids becomes the same orders, whether or not ids are taken as they stand."""

from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from segmentation.context import RunContext
from segmentation.progress import RunLog
from segmentation.publish.run import begin
from segmentation.settings import load_settings
from segmentation.workflows import ingestion
from segmentation.workflows.ingestion import ingested

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
COLUMNS = ("customer_id", "order_id", "product_id", "quantity", "unit_price", "ordered_at")
LOG = """
input:
  format: parquet
  path: {root}/log
  columns: {{customer_id: customer_id, order_id: order_id, product_id: product_id, quantity: quantity, unit_price: unit_price,
            ordered_at: ordered_at}}
rules: {{stop_above_rejected_share: 1}}
output: {{path: {root}/out}}
"""


@pytest.fixture
def ingest(spark, tmp_path, monkeypatch):
    """Ingest lines of (customer, order, product): what is in orders, who is rejected, and which ids were taken for plain."""
    taken = []
    judged = ingestion.judged

    def watched(log, settings, pseudonyms, plain=()):
        taken.append(frozenset(plain))
        return judged(log, settings, pseudonyms, plain)

    monkeypatch.setattr(ingestion, "judged", watched)
    (tmp_path / "conf.yaml").write_text(LOG.format(root=tmp_path))

    def of(*lines):
        rows = [(*ids, 1, 2.5, datetime(2026, 1, 1, place)) for place, ids in enumerate(lines)]
        spark.createDataFrame(rows, COLUMNS).coalesce(1).write.parquet(str(tmp_path / "log"))
        with ExitStack() as kept:
            context = RunContext(spark, load_settings(tmp_path / "conf.yaml"), begin(str(tmp_path / "out"), "run"), NOON, RunLog(), kept)
            log = ingested(context)
            orders = sorted((row.customer_id, row.order_id, row.lines) for row in log.orders.collect())
            return orders, [row.reasons for row in log.rejected.collect()], taken[-1]

    return of


def test_ids_that_are_plain_on_every_line_are_taken_as_they_stand(ingest):
    orders, rejected, plain = ingest(("7", "A1", "MUG"), ("7", "A1", "CUP"), (None, "A2", "MUG"))
    assert (orders, rejected) == ([("7", "A1", 2)], [["guest"]])
    assert plain == {"customer_id", "order_id", "product_id"}


def test_one_id_that_is_not_plain_has_all_of_its_column_looked_at(ingest):
    orders, rejected, plain = ingest(("7", "A1", "MUG"), (" 7.0", "a1", "CUP"), ("null", "A2", "MUG"), ("c\ufffd", "A3", "MUG"))
    assert (orders, rejected) == ([("7", "A1", 2)], [["guest"], ["unreadable_id"]])
    assert plain == {"product_id"}
