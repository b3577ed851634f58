"""The Spark settings handed out as files are those that the code itself uses, and Spark knows every one of them."""

from pathlib import Path

import pytest

from segmentation.session import SMALL_INPUT_BYTES, local_defaults

CONF = Path(__file__).resolve().parents[1] / "conf"
OF_THIS_MACHINE = {"spark.master", "spark.driver.memory", "spark.driver.extraJavaOptions", "spark.sql.shuffle.partitions"}
UNLISTED = {
    "spark.executor.cores",
    "spark.executor.memory",
    "spark.driver.memory",
    "spark.ui.enabled",
    "spark.ui.showConsoleProgress",
    "spark.python.sql.dataFrameDebugging.enabled",
    "spark.sql.files.openCostInBytes",
}
"""What a running session does not list."""


def settings_of(name):
    lines = (CONF / name).read_text().splitlines()
    return dict(line.split(None, 1) for line in lines if line and not line.startswith("#"))


def test_the_file_for_one_machine_says_what_the_session_does():
    ours = {key: value for key, value in local_defaults(SMALL_INPUT_BYTES, cores=4).items() if key not in OF_THIS_MACHINE}
    assert {key: value for key, value in settings_of("spark-local.conf").items() if key not in OF_THIS_MACHINE} == ours


def test_the_file_for_one_machine_has_the_partitions_of_four_cores():
    assert (
        settings_of("spark-local.conf")["spark.sql.shuffle.partitions"]
        == local_defaults(SMALL_INPUT_BYTES, cores=4)["spark.sql.shuffle.partitions"]
    )


@pytest.mark.parametrize("name", ["spark-local.conf", "spark-cluster.conf"])
def test_spark_knows_every_setting(spark, name):
    known = {row.key for row in spark.sql("SET -v").collect()} | UNLISTED
    asked = {key for key in settings_of(name) if not key.endswith("JavaOptions")}
    assert asked - known == set()
