"""The benchmark of nights splits a log in time, and sees where two published runs differ."""

from datetime import datetime, timedelta

import duckdb
import pytest
from one_more_night import differing, split


def test_the_latest_lines_are_the_new_ones_and_none_is_lost(tmp_path):
    begin = datetime(2026, 1, 1)
    hours = f"SELECT range AS line, TIMESTAMP '{begin}' + range * INTERVAL 1 HOUR AS ordered_at FROM range(1000)"
    duckdb.sql(f"COPY ({hours}) TO '{tmp_path}/log.parquet'")
    new = split(tmp_path, 0.01, tmp_path / "old", tmp_path / "new.parquet")
    files = (tmp_path / "old" / "part-0.parquet", tmp_path / "new.parquet")
    old, latest = (duckdb.sql(f"SELECT count(*), max(ordered_at) FROM '{file}'").fetchall()[0] for file in files)
    assert (old[0], latest[0]) == (989, new)
    assert new == 11  # the time at the quantile is the first of them
    assert (old[1], latest[1]) == (begin + timedelta(hours=988), begin + timedelta(hours=999))


@pytest.fixture
def root(tmp_path):
    """A published run by hand, with a row of each of two tables."""

    def made(name, run_id, amount):
        root = tmp_path / name
        for table, column in ((f"runs/{run_id}/customer_features", "monetary_net"), (f"orders/{run_id}", "gross_e4")):
            (root / table).mkdir(parents=True)
            duckdb.sql(f"COPY (SELECT 'c1' AS customer_id, {amount} AS {column}, '{run_id}' AS run_id) TO '{root}/{table}/part.parquet'")
        (root / "current").symlink_to(f"runs/{run_id}")
        return root

    return made


def test_whose_run_it_is_makes_no_difference_and_a_figure_does(root):
    assert differing(root("one", "r1", 5), root("other", "r2", 5)) == 0
    assert differing(root("third", "r3", 5), root("fourth", "r4", 6)) == 4
