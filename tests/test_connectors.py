"""Settings and packages of a streaming session."""

import pytest

from segmentation import connectors
from segmentation.connectors import DELTA_CONF, JARS_VARIABLE, streaming_conf
from segmentation.errors import MissingDependencyError


@pytest.fixture(autouse=True)
def _no_jars_given(monkeypatch):
    monkeypatch.delenv(JARS_VARIABLE, raising=False)
    monkeypatch.setattr(connectors.pyspark, "__version__", "4.2.0")


@pytest.mark.parametrize(("version", "minor"), [("4.0.0", "4.0"), ("4.1.4", "4.1"), ("4.2.0", "4.2")])
def test_packages_have_the_exact_versions_for_this_spark(monkeypatch, version, minor):
    monkeypatch.setattr(connectors.pyspark, "__version__", version)
    assert streaming_conf(kafka=True)["spark.jars.packages"].split(",") == [
        f"io.delta:delta-spark_{minor}_2.13:4.4.0",
        f"org.apache.spark:spark-sql-kafka-0-10_2.13:{version}",
    ]


def test_kafkas_connector_is_fetched_only_for_kafka():
    assert "kafka" not in streaming_conf(kafka=False)["spark.jars.packages"]


def test_given_jars_take_precedence_over_packages(monkeypatch):
    monkeypatch.setenv(JARS_VARIABLE, "a.jar,b.jar")
    conf = streaming_conf(kafka=True)
    assert conf["spark.jars"] == "a.jar,b.jar"
    assert "spark.jars.packages" not in conf
    assert conf.items() >= DELTA_CONF.items()


def test_a_spark_version_without_a_known_delta_is_reported(monkeypatch):
    monkeypatch.setattr(connectors.pyspark, "__version__", "4.9.0")
    with pytest.raises(MissingDependencyError, match=r"no Delta is known for Spark 4\.9\.0.*SEGMENTATION_JARS"):
        streaming_conf(kafka=False)
