"""What a session is started with to follow a stream."""

import pytest

from segmentation import connectors
from segmentation.connectors import DELTA_EXTENSION, JARS, live_settings
from segmentation.errors import EnvironmentFault


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch):
    monkeypatch.delenv(JARS, raising=False)
    monkeypatch.setattr(connectors.pyspark, "__version__", "4.2.0")


@pytest.mark.parametrize(("version", "minor"), [("4.0.0", "4.0"), ("4.1.4", "4.1"), ("4.2.0", "4.2")])
def test_packages_are_those_of_this_spark_by_exact_version(monkeypatch, version, minor):
    monkeypatch.setattr(connectors.pyspark, "__version__", version)
    assert live_settings(kafka=True)["spark.jars.packages"].split(",") == [
        f"io.delta:delta-spark_{minor}_2.13:4.4.0",
        f"org.apache.spark:spark-sql-kafka-0-10_2.13:{version}",
    ]


def test_kafkas_connector_is_fetched_for_kafka_alone():
    assert "kafka" not in live_settings(kafka=False)["spark.jars.packages"]


def test_jars_at_hand_come_before_a_registry(monkeypatch):
    monkeypatch.setenv(JARS, "a.jar,b.jar")
    found = live_settings(kafka=True)
    assert found["spark.jars"] == "a.jar,b.jar"
    assert "spark.jars.packages" not in found
    assert found.items() >= DELTA_EXTENSION.items()


def test_a_spark_without_a_known_delta_is_told_what_to_do(monkeypatch):
    monkeypatch.setattr(connectors.pyspark, "__version__", "4.9.0")
    with pytest.raises(EnvironmentFault, match=r"no Delta is known for Spark 4\.9\.0.*SEGMENTATION_JARS"):
        live_settings(kafka=False)
