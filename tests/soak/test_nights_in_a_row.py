"""Nights in a row: every line counts once, each night and in the end, and nothing piles up but what is kept on purpose.

Six nights meet every kind of line; fifty (`-m exhaustive`) show what only time shows.
"""

from collections import Counter
from shutil import copytree
from statistics import median

import duckdb
import pytest
from oracle.published_tables import ALWAYS

from soak.holdings import cached
from soak.shop import TOO_LATE, is_too_late
from soak.soaking import Soak

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

FIGURES = (
    "night  new lines  orders  files of run/orders  bytes of run/orders  heap MiB  resident MiB  descriptors  threads  temporary files"
)
KINDS = {
    *("purchase", "new customer", "late", "more of an order", "cancelled later", "cancelled", "taken back", "taken back in part"),
    *("returned", "voided late", "rematched", "comes between", "comes before its purchase", "comes after its return", "rejected"),
    *("only voided", "only rejected", "only returned", "has bought at last", "no order number", TOO_LATE),
}


def fails(number):
    """Whether the first run of that night ends half-way, after its orders were written or right before it would be published."""
    return number % 10 == 4


def fails_late(number):
    """Whether that is right before it would be published: the run is whole by then, and stays."""
    return number % 20 == 14


def comes_twice(number):
    """Whether that night is run a second time, with nothing new."""
    return number % 10 == 5


@pytest.fixture(scope="module", params=[6, pytest.param(50, marks=pytest.mark.exhaustive)], ids="{} nights".format)
def soak(request, spark, tmp_path_factory):
    """All nights lived through, and a run over everything in the place of the last, after the same nights."""
    spark.catalog.clearCache()
    soak = Soak(spark, tmp_path_factory.mktemp("soak"))
    soak.begins()
    soak.failed, soak.again = [], []
    print(FIGURES)
    for number in range(1, request.param + 1):
        if number == request.param:
            nights_before = copytree(soak.root, soak.folder / "whole", symlinks=True)
        _live(soak, number)
        print(_figures(soak.nights[-1]), flush=True)
    soak.whole = soak.runs_main_job(nights_before, incremental=False)
    return soak


def _live(soak, number):
    if not fails(number):
        soak.lives(number)
    else:
        before = soak.published_id()
        soak.comes_in(number)
        soak.fails("publish.publish_if_latest" if fails_late(number) else "run.fit_segments")
        soak.failed.append((before, soak.published_id(), cached(soak.spark)))
        if not fails_late(number):
            return  # and the next night finds the lines of both
        soak.notes(number, soak.runs_main_job())
    if comes_twice(number):
        soak.again.append((soak.nights[-1], soak.runs_main_job()))


def _figures(night):
    left = night.holdings
    sizes = (f"{of['run']}/{of['orders']}" for of in (night.files, night.sizes))
    counts = (left.descriptors, left.threads, left.temporary_files)
    memory = (f"{mib:.1f}" for mib in (left.heap_mib, left.resident_mib))
    return "  ".join(map(str, (night.number, len(night.new), len(night.orders), *sizes, *memory, *counts)))


def test_every_kind_of_line_comes_in(soak):
    met = {line.kind for line in soak.lines}
    assert met == KINDS


def test_each_night_accounts_for_every_line_amount_and_customer(soak):
    for night in soak.nights:
        assert night.accounting == night.truth.accounting, night.number


def test_each_night_has_the_orders_that_its_lines_make(soak):
    for night in soak.nights:
        assert night.orders == night.truth.orders, night.number


def test_each_night_has_of_each_customer_what_follows_from_all_lines(soak):
    for night in soak.nights:
        assert night.customers == night.truth.customers, night.number


def test_a_night_reads_what_is_new_or_says_why_it_reads_everything(soak):
    for night in soak.nights:
        reads_all = is_too_late(night.number)
        assert night.incremental["continued"] is not reads_all, night.number
        if reads_all:
            assert night.incremental["reason"].startswith("new lines reach back to"), night.number
        else:
            assert night.incremental["new_lines"] == len(night.new), night.number


def test_customers_come_and_vanish_and_those_who_have_vanished_are_still_reported(soak):
    last = soak.nights[-1]
    gone = [last.customers[customer] for customer in soak.shop.gone if customer in last.customers]
    assert max(recency for recency, *_ in gone) > len(soak.nights) // 2
    assert last.customers.keys() - soak.nights[0].customers.keys()


def test_a_night_that_fails_leaves_the_night_before_and_the_next_counts_its_lines_once(soak):
    assert soak.failed
    for before, after, cached_frames in soak.failed:
        assert before == after
        assert cached_frames == 0


def test_a_night_that_is_run_again_says_the_same(soak):
    assert soak.again
    for night, again in soak.again:
        assert (again.manifest["input"]["incremental"]["continued"], again.manifest["input"]["incremental"]["new_lines"]) == (True, 0)
        assert different(night.outcome.run, again.run) == []


def test_the_last_night_is_what_one_run_over_everything_is(soak):
    assert different(soak.nights[-1].outcome.run, soak.whole.run) == []


def different(one, other):
    """Tables of two runs that do not hold the same rows, each as often."""
    places = {name: (one.path(name), other.path(name)) for name in ALWAYS} | {"orders": (one.orders, other.orders)}
    return [name for name, (a, b) in places.items() if duckdb.sql(_beyond(a, b)).fetchall() or duckdb.sql(_beyond(b, a)).fetchall()]


def _beyond(one, other):
    columns = duckdb.sql(f"SELECT * FROM '{one}/*.parquet' LIMIT 0").columns
    rows = f"SELECT {', '.join(column for column in columns if not column.endswith('run_id'))}"
    return f"{rows} FROM '{one}/*.parquet' EXCEPT ALL {rows} FROM '{other}/*.parquet' LIMIT 1"


def test_no_frame_stays_in_memory_after_a_night(soak):
    assert Counter(night.holdings.cached for night in soak.nights).keys() == {0}


def test_nothing_lies_next_to_the_runs_and_their_orders(soak):
    folders = ("runs", "orders", "publications", "leases")
    assert {place.name for place in soak.root.iterdir()} == {*folders, "current", "current.json", ".lock"}
    published = soak.runs - len(soak.failed) - 1
    whole = published + sum(map(fails_late, range(1, soak.nights[-1].number + 1)))
    assert [len(list((soak.root / name).iterdir())) for name in folders] == [whole, whole, published, 0]
    leftovers = [place.name for place in soak.root.rglob("*") if place.name.endswith(".tmp") or place.name.startswith("_temporary")]
    assert leftovers == []


def test_a_run_has_as_many_files_each_night(soak):
    for name, spread in (("run", 8), ("orders", 12)):
        counts = [night.files[name] for night in soak.nights]
        assert max(counts) - min(counts) <= spread, (name, counts)


def test_descriptors_threads_and_temporary_files_do_not_pile_up(soak):
    middle = len(soak.nights) // 2
    for what, slack in (("descriptors", 30), ("threads", 120), ("temporary_files", 30)):
        counts = [getattr(night.holdings, what) for night in soak.nights]
        assert max(counts[middle:]) <= max(counts[:middle]) + slack, (what, counts)


def test_memory_does_not_grow_with_the_nights(soak):
    is_long = len(soak.nights) > 30
    # Java takes all the memory it was allowed before it gives any back, which takes more than a few nights.
    for what in ("heap_mib", "resident_mib") if is_long else ("heap_mib",):
        sizes = [getattr(night.holdings, what) for night in soak.nights]
        # Few nights are still warming up, and Spark is late to let go: the least of two shows what each night leaves behind.
        before, after = (median(sizes[9:20]), median(sizes[-10:])) if is_long else (min(sizes[:2]), min(sizes[-2:]))
        assert after <= (1.2 if is_long else 1.5) * before, (what, sizes)
