"""Steps run at once, and their results come in the order they were given."""

import threading
from contextlib import ExitStack

import psutil
import pytest

from segmentation import context
from segmentation.context import cached, run_concurrently
from segmentation.report.svg import inline_svg


def test_results_come_in_the_order_of_the_steps():
    assert run_concurrently(lambda: 1, lambda: 2, lambda: 3) == [1, 2, 3]
    assert run_concurrently(lambda: "alone") == ["alone"]


def test_steps_run_at_once_and_the_last_on_the_thread_that_asks():
    met = threading.Barrier(3, timeout=30)

    def step():
        met.wait()
        return threading.get_ident()

    first, second, last = run_concurrently(step, step, step)
    assert last == threading.get_ident()
    assert len({first, second, last}) == 3


@pytest.mark.parametrize("place", [0, 1])
def test_a_step_that_fails_is_told_once_the_others_are_done(place):
    done = []

    def fails():
        raise ValueError("no luck")

    steps = [lambda: done.append(True)] * 2
    steps[place] = fails
    with pytest.raises(ValueError, match="no luck"):
        run_concurrently(*steps)
    assert done == [True]


def test_drawing_beside_other_steps_opens_fonts_once_and_not_once_a_run():
    def drawn():
        return inline_svg("chart", "A line", (2, 1), lambda axes: axes.set_title("sales"))

    counts = []
    for _ in range(3):
        run_concurrently(*[threading.Event().is_set] * 3, drawn)
        counts.append(sum(file.path.endswith(".ttf") for file in psutil.Process().open_files()))
    assert counts == counts[:1] * 3


def test_every_step_has_the_tags_of_the_thread_that_asks(spark):
    spark.addTag("cell-7")
    try:
        assert run_concurrently(spark.getTags, spark.getTags, spark.getTags) == [{"cell-7"}] * 3
    finally:
        spark.removeTag("cell-7")


def test_a_client_of_spark_connect_knows_what_is_held_by_a_name_until_it_is_let_go(spark, monkeypatch):
    def names():
        return {row.viewName for row in spark.sql("SHOW VIEWS").collect()} - before

    before = {row.viewName for row in spark.sql("SHOW VIEWS").collect()}
    monkeypatch.setattr(context, "is_remote", lambda: True)
    with ExitStack() as kept:
        found = cached(spark.range(3), kept)
        assert sorted(row.id for row in found.collect()) == [0, 1, 2]
        assert len(names()) == 1
    assert names() == set()
