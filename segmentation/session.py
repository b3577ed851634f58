"""The only place that builds a SparkSession."""

import gc
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pyspark.errors import PySparkException, PySparkRuntimeError
from pyspark.sql import SparkSession
from pyspark.sql.utils import is_remote

from segmentation import class_data_sharing
from segmentation.connectors import fetch_failure
from segmentation.errors import MissingDependencyError, SettingsError

MIN_JAVA_VERSION = 17
SMALL_INPUT_BYTES = 25_000_000
"""Below this size, about two million compressed lines, a run ends before optimised JIT compilation pays off."""

REQUIRED_CONF = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.legacy.parquet.nanosAsLong": "false",
    # Java's own case mappings: ICU takes a second to load, and may differ between platforms.
    "spark.sql.icu.caseMappings.enabled": "false",
}
"""Settings that results depend on, in every session."""

_LOCAL = {
    "spark.master": "local[*]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Otherwise each column created in Python calls Java several times to record its call site.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    # A local log rarely has 128 MB per core; smaller partitions keep all cores busy.
    "spark.sql.files.maxPartitionBytes": "32m",
    # Local files open fast: hundreds of small ones may share a partition.
    "spark.sql.files.openCostInBytes": "64k",
    # They are also listed fast, without a task per folder or file.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "10000",
}
_QUIET = f"-Dlog4j2.configurationFile={(Path(__file__).parent / 'log4j2.properties').as_uri()}"
_FAST_START_JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m -Xms1g -Xmn640m"
_LONG_RUN_JVM = "-XX:+UseParallelGC -XX:-DontCompileHugeMethods"


def start_session(
    input_bytes: int | None = None, app_name: str = "segmentation", extra_conf: Callable[[], Mapping[str, str]] | None = None
) -> SparkSession:
    """The session of a job: the cluster's if it was submitted to one, otherwise a new local session.

    Parameters
    ----------
    input_bytes
        Size of the input, if known; small inputs get a JVM that starts fast, others one that runs fast.
    app_name
        Name shown by the cluster.
    extra_conf
        Returns further settings of a local session, such as those for streaming (`connectors`).

    Raises
    ------
    MissingDependencyError
        Java is missing or older than 17, or Spark could not fetch packages.
    SettingsError
        SEGMENTATION_DRIVER_GB is not a whole number.
    """
    builder = SparkSession.builder.appName(app_name)
    if _is_provided():
        return builder.getOrCreate()
    check_java()
    conf = {**local_conf(input_bytes), **(extra_conf() if extra_conf else {})}
    for key, value in conf.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except PySparkRuntimeError as error:
        if "spark.jars.packages" not in conf or error.getCondition() != "JAVA_GATEWAY_EXITED":
            raise
        raise fetch_failure(conf["spark.jars.packages"]) from None


@contextmanager
def required_conf(spark: SparkSession) -> Iterator[SparkSession]:
    """Set the session settings that results depend on, and restore the previous ones after the block."""
    previous = {key: current for key, value in REQUIRED_CONF.items() if (current := _conf_value(spark, key)) != value}
    for key in previous:
        spark.conf.set(key, REQUIRED_CONF[key])
    try:
        with _deferred_garbage_collection():
            yield spark
    finally:
        for key, value in previous.items():
            spark.conf.set(key, value) if value is not None else spark.conf.unset(key)


@contextmanager
def _deferred_garbage_collection() -> Iterator[None]:
    """Over Spark Connect, collect garbage only after the block.

    A collected model sends the server a request to delete it. If Python collects it while it submits work to another thread, that request
    waits for a lock that its own thread holds: a deadlock.
    """
    if not (is_remote() and gc.isenabled()):
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()


def _conf_value(spark: SparkSession, key: str) -> str | None:
    """A setting's value; the required one if the platform, such as serverless compute, forbids reading it."""
    try:
        value = spark.conf.get(key, None)
    except PySparkException as error:
        if "CONFIG_NOT_AVAILABLE" not in str(error):
            raise
        return REQUIRED_CONF[key]
    return value if value is None else str(value)


def shuffle_partitions(spark: SparkSession) -> int:
    """Number of shuffle partitions; Spark's default of 200 where the platform chooses it (`auto`)."""
    value = spark.conf.get("spark.sql.shuffle.partitions", None) or ""
    return int(value) if value.isdecimal() else 200


def local_conf(input_bytes: int | None, cores: int | None = None) -> dict[str, str]:
    """Spark settings of a local session; they take precedence over SPARK_CONF_DIR."""
    cores = cores or os.cpu_count() or 1
    is_small = input_bytes is not None and input_bytes < SMALL_INPUT_BYTES
    jvm = _FAST_START_JVM if is_small else _LONG_RUN_JVM
    return {
        **_LOCAL,
        "spark.driver.memory": f"{_driver_gigabytes()}g",
        "spark.driver.extraJavaOptions": f"{_QUIET} {jvm} {class_data_sharing.use_archive_option()}".rstrip(),
        "spark.sql.shuffle.partitions": str(cores if is_small else 8 * cores),
        # For a small input, planning again after each shuffle takes longer than the shuffles.
        "spark.sql.adaptive.enabled": str(not is_small).lower(),
        # And compressing cached data takes longer than it saves.
        "spark.sql.inMemoryColumnarStorage.compressed": str(not is_small).lower(),
    }


def check_java() -> None:
    """Raise MissingDependencyError unless there is a Java that Spark can use."""
    home, java = os.environ.get("JAVA_HOME"), class_data_sharing.java_binary()
    if not java or not Path(java).exists():
        where = f"JAVA_HOME is {home}, and has no bin/java" if home else "there is no java on the PATH"
        raise MissingDependencyError(f"Java {MIN_JAVA_VERSION} or newer is needed, and {where}. {_JAVA_REMEDY}")
    needed = f"Java {MIN_JAVA_VERSION} or newer is needed; {java}"
    try:
        output = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    except OSError as error:
        raise MissingDependencyError(f"{needed} cannot be run: {error.strerror}. {_JAVA_REMEDY}") from None
    version = re.search(r'version "(?:1\.)?(\d+)', output)
    if not version:
        raise MissingDependencyError(f"{needed} does not report its version. {_JAVA_REMEDY}")
    if int(version[1]) < MIN_JAVA_VERSION:
        raise MissingDependencyError(f"{needed} is version {version[1]}. {_JAVA_REMEDY}")


_JAVA_REMEDY = "Install one (Debian and Ubuntu: apt-get install openjdk-17-jre-headless) or point JAVA_HOME at it."


def _is_provided() -> bool:
    """Whether spark-submit, Databricks or a remote server provides the session."""
    return any(key in os.environ for key in ("PYSPARK_GATEWAY_PORT", "DATABRICKS_RUNTIME_VERSION", "SPARK_REMOTE"))


def _driver_gigabytes() -> int:
    """A third of the memory, between 2 and 8 GiB; SEGMENTATION_DRIVER_GB overrides it."""
    given = os.environ.get("SEGMENTATION_DRIVER_GB")
    if given and not given.isdecimal():
        raise SettingsError(f"SEGMENTATION_DRIVER_GB is {given!r}, and must be a whole number of GiB, such as 8")
    if given:
        return int(given)
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(2, min(8, total // 3 // 2**30))
