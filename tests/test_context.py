"""Steps run concurrently and return results in order; cached DataFrames are released."""

import threading
from contextlib import ExitStack
from types import SimpleNamespace

import psutil
import pytest

from segmentation import context
from segmentation.context import cached, in_run_folder, run_concurrently
from segmentation.publish.run import create_run
from segmentation.report.svg import inline_svg


def test_results_come_in_the_order_of_the_steps():
    assert run_concurrently(lambda: 1, lambda: 2, lambda: 3) == [1, 2, 3]
    assert run_concurrently(lambda: "alone") == ["alone"]


def test_steps_run_concurrently_and_the_last_on_the_calling_thread():
    barrier = threading.Barrier(3, timeout=30)

    def step():
        barrier.wait()
        return threading.get_ident()

    first, second, last = run_concurrently(step, step, step)
    assert last == threading.get_ident()
    assert len({first, second, last}) == 3


@pytest.mark.parametrize("position", [0, 1])
def test_a_failed_step_is_raised_after_the_others_end(position):
    done = []

    def fails():
        raise ValueError("no luck")

    steps = [lambda: done.append(True)] * 2
    steps[position] = fails
    with pytest.raises(ValueError, match="no luck"):
        run_concurrently(*steps)
    assert done == [True]


def test_concurrent_drawing_opens_fonts_once_and_not_once_per_run():
    def drawn():
        return inline_svg("chart", "A line", (2, 1), lambda axes: axes.set_title("sales"))

    counts = []
    for _ in range(3):
        run_concurrently(*[threading.Event().is_set] * 3, drawn)
        counts.append(sum(file.path.endswith(".ttf") for file in psutil.Process().open_files()))
    assert counts == counts[:1] * 3


def test_every_step_has_the_tags_of_the_calling_thread(spark):
    spark.addTag("cell-7")
    try:
        assert run_concurrently(spark.getTags, spark.getTags, spark.getTags) == [{"cell-7"}] * 3
    finally:
        spark.removeTag("cell-7")


def test_over_spark_connect_a_cached_frame_is_a_view_until_it_is_released(spark, monkeypatch):
    def names():
        return {row.viewName for row in spark.sql("SHOW VIEWS").collect()} - before

    before = {row.viewName for row in spark.sql("SHOW VIEWS").collect()}
    monkeypatch.setattr(context, "is_remote", lambda: True)
    with ExitStack() as resources:
        frame = cached(spark.range(3), resources)
        assert sorted(row.id for row in frame.collect()) == [0, 1, 2]
        assert len(names()) == 1
    assert names() == set()


def test_frames_of_a_run_are_in_its_folder_and_its_orders_are_in_their_own(spark, tmp_path):
    run = create_run(str(tmp_path), "r1")
    for name in ("customer_features", "orders"):
        assert in_run_folder(SimpleNamespace(spark=spark, run=run), spark.range(3), name).count() == 3
    assert sorted({str(path.parent.relative_to(tmp_path)) for path in tmp_path.rglob("*.parquet")}) == [
        "orders/r1",
        "runs/r1/customer_features",
    ]
