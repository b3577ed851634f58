"""What Databricks serverless compute forbids is not used, except where there is a fallback."""

import ast
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

from segmentation.context import cached
from segmentation.session import REQUIRED_CONF, required_conf
from segmentation.settings import settings_from_dict
from segmentation.stream.micro_batch import truncate_lineage

PACKAGE = Path(__file__).resolve().parents[2] / "segmentation"
FORBIDDEN = {"rdd", "sparkContext", "cache", "checkpoint", "localCheckpoint", "persist", "addFile", "addPyFile"}
JAVA = {"_jvm", "_jdf", "_jsc", "_jsparkSession", "_sc", "_gateway"}
REFUSED = PySparkException("[NOT_SUPPORTED_WITH_SERVERLESS] PERSIST TABLE is not supported on serverless compute. SQLSTATE: 0A000")
ALLOWED = {"persist": 1, "localCheckpoint": 1}
"""Uses that have a fallback."""


def settings(folder):
    log = {"format": "csv", "path": "log", "columns": {"customer_id": "who", "ordered_at": "when", "amount": "paid"}}
    return settings_from_dict({"input": log, "output": {"path": str(folder)}})


def uses(source):
    """Names after a dot that need what is forbidden, or reach into Java. `context.cache` is ours, and has a fallback."""
    attributes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)]
    return {one.attr for one in attributes if not ast.unparse(one).endswith("context.cache")} & (FORBIDDEN | JAVA)


def test_the_package_asks_for_none_of_it():
    assert Counter(name for file in PACKAGE.rglob("*.py") for name in uses(file.read_text())) == ALLOWED


@pytest.mark.parametrize("line", ["frame.rdd.map(f)", "spark.sparkContext.version", "spark._jvm.x()", "frame.cache()", "frame._jdf"])
def test_a_forbidden_use_is_detected(line):
    assert uses(line)


def test_a_frame_that_cannot_be_cached_is_recomputed(spark, monkeypatch):
    def refused(*_):
        raise REFUSED

    monkeypatch.setattr(type(spark.range(1)), "persist", refused)
    frame = spark.range(3)
    with ExitStack() as resources:
        assert cached(frame, resources) is frame
        assert frame.count() == 3


def test_a_batch_of_a_stream_writes_what_it_cannot_checkpoint_to_a_scratch_folder(spark, monkeypatch, tmp_path):
    def refused(*_):
        raise REFUSED

    monkeypatch.setattr(type(spark.range(1)), "localCheckpoint", refused)
    with ExitStack() as resources:
        frame = truncate_lineage(SimpleNamespace(spark=spark, settings=settings(tmp_path), resources=resources), spark.range(3))
        assert [len(list((tmp_path / "live" / "scratch").iterdir())), frame.count()] == [1, 3]
    assert list((tmp_path / "live" / "scratch").iterdir()) == []


def test_any_other_refusal_is_raised(tmp_path):
    def fails(*_):
        raise PySparkException("no memory left")

    frame = SimpleNamespace(persist=fails, localCheckpoint=fails)
    frame.coalesce = lambda _: frame
    with ExitStack() as resources, pytest.raises(PySparkException, match="no memory left"):
        cached(frame, resources)
    with pytest.raises(PySparkException, match="no memory left"):
        truncate_lineage(SimpleNamespace(spark=SimpleNamespace(conf={}), settings=settings(tmp_path), resources=None), frame)


def test_elsewhere_a_frame_is_cached_until_the_run_ends(spark):
    with ExitStack() as resources:
        frame = cached(spark.range(3), resources)
        assert frame.storageLevel.useMemory
    assert not frame.storageLevel.useMemory
    assert isinstance(frame, DataFrame)


def test_settings_that_are_hidden_are_not_changed():
    given = dict.fromkeys(REQUIRED_CONF, "otherwise")
    hidden = "spark.sql.legacy.parquet.nanosAsLong"

    def known(key, default=None):
        if key == hidden:
            raise PySparkException(f"[CONFIG_NOT_AVAILABLE] Configuration {key} is not available. SQLSTATE: 42K0I")
        return given.get(key, default)

    with required_conf(SimpleNamespace(conf=SimpleNamespace(get=known, set=given.__setitem__, unset=given.__delitem__))):
        assert given == {**REQUIRED_CONF, hidden: "otherwise"}
    assert set(given.values()) == {"otherwise"}


def test_any_other_error_of_settings_is_raised():
    def fails(*_):
        raise PySparkException("gone")

    with pytest.raises(PySparkException, match="gone"), required_conf(SimpleNamespace(conf=SimpleNamespace(get=fails))):
        pass
