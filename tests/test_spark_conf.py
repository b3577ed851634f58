"""The Spark settings handed out as files are those that the code itself uses, and Spark knows every one of them."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from segmentation.session import SMALL_INPUT_BYTES, local_conf

CONF = Path(__file__).resolve().parents[1] / "conf"
OF_THIS_MACHINE = {"spark.master", "spark.driver.memory", "spark.driver.extraJavaOptions", "spark.sql.shuffle.partitions"}
UNLISTED = {
    "spark.executor.cores",
    "spark.executor.memory",
    "spark.driver.memory",
    "spark.ui.enabled",
    "spark.acls.enable",
    "spark.authenticate",
    "spark.eventLog.enabled",
    "spark.io.encryption.enabled",
    "spark.master.rest.enabled",
    "spark.network.crypto.authEngineVersion",
    "spark.network.crypto.cipher",
    "spark.network.crypto.enabled",
    "spark.network.crypto.saslFallback",
    "spark.redaction.regex",
    "spark.ui.showConsoleProgress",
    "spark.python.sql.dataFrameDebugging.enabled",
    "spark.sql.files.openCostInBytes",
}
"""What a running session does not list."""


def settings_of(name):
    lines = (CONF / name).read_text().splitlines()
    return dict(line.split(None, 1) for line in lines if line and not line.startswith("#"))


def test_the_file_for_one_machine_says_what_the_session_does():
    ours = {key: value for key, value in local_conf(SMALL_INPUT_BYTES, cores=4).items() if key not in OF_THIS_MACHINE}
    assert {key: value for key, value in settings_of("spark-local.conf").items() if key not in OF_THIS_MACHINE} == ours


def test_the_file_for_one_machine_has_the_partitions_of_four_cores():
    assert (
        settings_of("spark-local.conf")["spark.sql.shuffle.partitions"]
        == local_conf(SMALL_INPUT_BYTES, cores=4)["spark.sql.shuffle.partitions"]
    )


@pytest.mark.parametrize("name", ["spark-local.conf", "spark-cluster.conf"])
def test_spark_knows_every_setting(spark, name):
    known = {row.key for row in spark.sql("SET -v").collect()} | UNLISTED
    asked = {key for key in settings_of(name) if not key.endswith("JavaOptions")}
    assert asked - known == set()


SECURITY = {
    "spark.authenticate": "true",
    "spark.network.crypto.enabled": "true",
    "spark.network.crypto.authEngineVersion": "2",
    "spark.network.crypto.cipher": "AES/GCM/NoPadding",
    "spark.network.crypto.saslFallback": "false",
    "spark.io.encryption.enabled": "true",
    "spark.master.rest.enabled": "false",
    "spark.ui.enabled": "false",
    "spark.acls.enable": "true",
    "spark.eventLog.enabled": "false",
}


def test_a_shared_cluster_is_closed_to_others():
    conf = settings_of("spark-cluster.conf")
    assert {key: conf.get(key) for key in SECURITY} == SECURITY


def test_no_secret_is_in_a_file_that_is_handed_out():
    given = [key for path in CONF.glob("*.conf") for key in settings_of(path.name) if re.search(r"(?i)secret|password|token", key)]
    assert given == []


@pytest.mark.parametrize(
    "name", ["spark.authenticate.secret", "spark.ssl.ui.keyStorePassword", "spark.hadoop.fs.s3a.access.key", "HMAC_KEY"]
)
def test_what_is_called_like_a_secret_is_starred_out(name):
    assert re.search(settings_of("spark-cluster.conf")["spark.redaction.regex"], name)


def test_a_key_in_a_plan_is_starred_out(spark):
    regex, key = settings_of("spark-cluster.conf")["spark.sql.redaction.string.regex"], "c0ffee" * 11
    spark.conf.set("spark.sql.redaction.string.regex", regex)
    frame = spark.range(1).select(F.sha2(F.concat(F.col("id").cast("string"), F.lit(key)), 256))
    plan = io.StringIO()
    with redirect_stdout(plan):
        frame.explain(True)
    assert ("c0ffee" in plan.getvalue(), "*********(redacted)" in plan.getvalue()) == (False, True)
