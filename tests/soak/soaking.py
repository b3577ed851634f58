"""Nights in a row on one output: what each run said, what its lines come to, and what was left behind."""

import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from segmentation.pipeline.run import segment
from segmentation.publish.run import published_run
from segmentation.settings import PublishSettings, settings_from_dict
from soak.holdings import measure_holdings
from soak.shop import COLUMNS, Shop, write
from soak.truth import truth_of

MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC)
ORDERS = (
    *("ordered_at", "last_line_at", "lines", "return_lines", "gross_e4", "returned_e4"),
    *("spend_e4_garden", "spend_e4_kitchen", "spend_e4_toys"),
)
_QUICK = {
    "k": 3,
    "n_init": 1,
    "n_bootstrap": 2,
    "bootstrap_size": 50,
    "n_references": 2,
    "max_iter": 10,
}


class PowerCutError(Exception):
    """Raised in the midst of a night."""


@dataclass(frozen=True)
class Night:
    """What a run came to, and what its lines come to by another way.

    `incremental` is what the manifest says was new, `new` what came in since the published run; `files` and `sizes` count what lies
    below the folders of this run, by folder.
    """

    number: int
    outcome: object
    incremental: dict
    new: list
    truth: object
    accounting: set
    orders: dict
    customers: dict
    files: Counter
    sizes: Counter
    holdings: object


class Soak:
    """A shop's log and the runs that read it."""

    def __init__(self, spark, folder, seed=6):
        self.spark, self.folder, self.shop = spark, folder, Shop(seed)
        self.lines, self.unread, self.runs, self.nights = [], [], 0, []
        self.root, self.temporary = folder / "out", folder / "tmp"
        for made in (folder / "log", self.temporary):
            made.mkdir()

    def begins(self):
        """The first run, of everything before the first night."""
        self.comes("history", self.shop.history())
        self.runs_main_job()
        self.unread = []

    def lives(self, number):
        """A night: its lines come in, the job runs, and what became of it is noted."""
        self.comes_in(number)
        self.notes(number, self.runs_main_job())

    def comes_in(self, number):
        """The lines of a night, in one file or two, of which one may sort before those read already, or hold nothing."""
        lines = self.shop.night(number)
        middle = len(lines) // 2 if number % 5 == 1 else len(lines)
        name = f"a{900 - number}" if number % 7 == 2 else f"night{number:03}"
        self.comes(name, lines[:middle])
        if number % 5 == 1:
            self.comes(f"{name}b", lines[middle:])
        if number % 6 == 4:
            self.comes(f"{name}c", [])

    def comes(self, name, lines):
        write(lines, self.folder / "log" / f"{name}.csv")
        self.lines += lines
        self.unread += lines

    def runs_main_job(self, root=None, incremental=True):
        self.runs += 1
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(tempfile, "tempdir", str(self.temporary))
            return segment(self.spark, self.settings(root or self.root, incremental), MIDNIGHT + timedelta(hours=self.runs))

    def fails(self, step):
        """A run that ends at a step, a function of the pipeline, that never begins."""

        def _cut(*_, **__):
            raise PowerCutError

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(f"segmentation.pipeline.{step}", _cut)
            with pytest.raises(PowerCutError):
                self.runs_main_job()

    def notes(self, number, outcome):
        run = outcome.run
        places = {"run": Path(run.path()), "orders": Path(run.orders)}
        files = {name: [file for file in place.rglob("*") if file.is_file()] for name, place in places.items()}
        self.nights.append(
            Night(
                number=number,
                outcome=outcome,
                incremental=outcome.manifest["input"]["incremental"],
                new=self.unread,
                truth=truth_of(self.lines),
                accounting=accounting_of(run),
                orders=orders_of(run),
                customers=customers_of(run),
                files=Counter({name: len(paths) for name, paths in files.items()}),
                sizes=Counter({name: sum(file.stat().st_size for file in paths) for name, paths in files.items()}),
                holdings=measure_holdings(self.spark, self.temporary_folders()),
            )
        )
        self.unread = []

    def temporary_folders(self):
        """Where Python puts temporary files, and where Spark does."""
        context = self.spark.sparkContext._jsc.sc()
        return [self.temporary, *context.env().blockManager().diskBlockManager().localDirsString()]

    def published_id(self):
        """The run that readers follow."""
        return published_run(str(self.root)).run_id

    def settings(self, root, incremental):
        return settings_from_dict(
            {
                "input": {
                    "format": "csv",
                    "path": str(self.folder / "log"),
                    "timestamp_format": "yyyy-MM-dd HH:mm:ss",
                    "columns": dict(zip(COLUMNS, COLUMNS, strict=True)),
                    "incremental": incremental,
                },
                "rules": {"cancelled_order_prefix": "C", "excluded_products": ["POST"]},
                "features": {"exact_products_max_lines": 0},
                "clustering": _QUICK,
                "privacy": {"min_group_size": 1},
                # Fitted again every night, so a small number of customers change segments by chance; what is compared here is lines.
                "publish": {name: None for name in PublishSettings.model_fields if name.startswith("max_")},
                "baskets": {"use": False},
                "output": {"path": str(root)},
            }
        )


def accounting_of(run):
    amount = "CAST(amount * 10000 AS BIGINT)"
    return set(
        duckdb.sql(
            f"SELECT subject, outcome, reason, count, count_any_reason, {amount} FROM '{run.path('accounting')}/*.parquet'"
        ).fetchall()
    )


def orders_of(run):
    """As `Truth.orders`."""
    times = {"voided_at", "ordered_at", "last_line_at"}
    columns = ", ".join(f"{name}::TIMESTAMP" if name in times else name for name in ("voided_at", *ORDERS))
    rows = duckdb.sql(f"SELECT customer_id, order_id, {columns} FROM '{run.orders}/*.parquet'").fetchall()
    orders = {row[:3]: dict(zip(ORDERS, row[3:], strict=True)) for row in rows}
    assert len(orders) == len(rows)
    return orders


def customers_of(run):
    """As `Truth.customers`."""
    amounts = ", ".join(f"CAST({name} * 10000 AS BIGINT)" for name in ("monetary_gross", "monetary_net"))
    table = f"'{run.path('customer_features')}/*.parquet'"
    rows = duckdb.sql(f"SELECT customer_id, recency_days, frequency_orders, {amounts} FROM {table}").fetchall()
    customers = {customer: tuple(values) for customer, *values in rows}
    assert len(customers) == len(rows)
    return customers
