"""What Databricks serverless compute forbids: neither asked for by this project, nor in its way where a platform says so."""

import ast
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

from segmentation.context import cached
from segmentation.session import REQUIRED, settled
from segmentation.settings import validated
from segmentation.workflows.live import cut

PACKAGE = Path(__file__).resolve().parents[2] / "segmentation"
FORBIDDEN = {"rdd", "sparkContext", "cache", "checkpoint", "localCheckpoint", "persist", "addFile", "addPyFile"}
JAVA = {"_jvm", "_jdf", "_jsc", "_jsparkSession", "_sc", "_gateway"}
REFUSED = PySparkException("[NOT_SUPPORTED_WITH_SERVERLESS] PERSIST TABLE is not supported on serverless compute. SQLSTATE: 0A000")
ALLOWED = {("workflows/job.py", "persist"), ("workflows/live.py", "localCheckpoint")}
"""Both can do without."""


def settings(folder):
    log = {"format": "csv", "path": "log", "columns": {"customer_id": "who", "ordered_at": "when", "amount": "paid"}}
    return validated({"input": log, "output": {"path": str(folder)}})


def uses(source):
    """Names after a dot that need what is forbidden, or reach into Java."""
    names = [node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)]
    return {*names} & (FORBIDDEN | JAVA)


def test_the_package_asks_for_none_of_it():
    found = {(str(file.relative_to(PACKAGE)), name) for file in PACKAGE.rglob("*.py") for name in uses(file.read_text())}
    assert found == ALLOWED


@pytest.mark.parametrize("line", ["frame.rdd.map(f)", "spark.sparkContext.version", "spark._jvm.x()", "frame.cache()", "frame._jdf"])
def test_the_look_sees_what_is_forbidden(line):
    assert uses(line)


def test_where_no_frame_can_be_held_it_is_made_anew(spark, monkeypatch):
    def refused(*_):
        raise REFUSED

    monkeypatch.setattr(type(spark.range(1)), "persist", refused)
    frame = spark.range(3)
    with ExitStack() as kept:
        assert cached(frame, kept) is frame
        assert frame.count() == 3


def test_what_a_batch_of_a_stream_cannot_hold_is_written_aside_until_it_is_over(spark, monkeypatch, tmp_path):
    def refused(*_):
        raise REFUSED

    monkeypatch.setattr(type(spark.range(1)), "localCheckpoint", refused)
    with ExitStack() as kept:
        found = cut(SimpleNamespace(spark=spark, settings=settings(tmp_path), kept=kept), spark.range(3))
        assert [len(list((tmp_path / "live" / "scratch").iterdir())), found.count()] == [1, 3]
    assert list((tmp_path / "live" / "scratch").iterdir()) == []


def test_any_other_refusal_is_told(tmp_path):
    def fails(*_):
        raise PySparkException("no memory left")

    frame = SimpleNamespace(persist=fails, localCheckpoint=fails)
    frame.coalesce = lambda _: frame
    with ExitStack() as kept, pytest.raises(PySparkException, match="no memory left"):
        cached(frame, kept)
    with pytest.raises(PySparkException, match="no memory left"):
        cut(SimpleNamespace(spark=SimpleNamespace(conf={}), settings=settings(tmp_path), kept=None), frame)


def test_elsewhere_a_frame_is_held_until_the_run_is_over(spark):
    with ExitStack() as kept:
        frame = cached(spark.range(3), kept)
        assert frame.storageLevel.useMemory
    assert not frame.storageLevel.useMemory
    assert isinstance(frame, DataFrame)


def test_settings_that_nobody_may_know_or_change_are_left_alone():
    given = dict.fromkeys(REQUIRED, "otherwise")
    hidden = "spark.sql.legacy.parquet.nanosAsLong"

    def known(key, default=None):
        if key == hidden:
            raise PySparkException(f"[CONFIG_NOT_AVAILABLE] Configuration {key} is not available. SQLSTATE: 42K0I")
        return given.get(key, default)

    with settled(SimpleNamespace(conf=SimpleNamespace(get=known, set=given.__setitem__, unset=given.__delitem__))):
        assert given == {**REQUIRED, hidden: "otherwise"}
    assert set(given.values()) == {"otherwise"}


def test_any_other_fault_of_settings_is_told():
    def fails(*_):
        raise PySparkException("gone")

    with pytest.raises(PySparkException, match="gone"), settled(SimpleNamespace(conf=SimpleNamespace(get=fails))):
        pass
