"""The only place that builds a SparkSession."""

import gc
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.utils import is_remote

from segmentation import classdata
from segmentation.errors import EnvironmentFault

OLDEST_JAVA = 17
SMALL_INPUT_BYTES = 25_000_000
"""Below this, about two million compressed lines, a run is over before compiling for speed has paid."""

REQUIRED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.legacy.parquet.nanosAsLong": "false",
    # Capitals as Java has them: another library's take a second to load, and might differ from what another platform has.
    "spark.sql.icu.caseMappings.enabled": "false",
}
"""What the results rest on, whoever started the session."""

_LOCAL = {
    "spark.master": "local[*]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Else every column made in Python asks Java several times where it was made.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    # A local log rarely fills 128 MB a core; smaller parts keep all cores busy to the end.
    "spark.sql.files.maxPartitionBytes": "32m",
    # A local file opens at once: hundreds of small ones may share a part.
    "spark.sql.files.openCostInBytes": "64k",
    # And is listed at once, without a task for each folder or file.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "10000",
}
_QUIET = f"-Dlog4j2.configurationFile={(Path(__file__).parent / 'log4j2.properties').as_uri()}"
_QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m -Xms1g -Xmn640m"
_LONG_RUN = "-XX:+UseParallelGC -XX:-DontCompileHugeMethods"


def start_session(
    input_bytes: int | None = None, app_name: str = "segmentation", more: Callable[[], Mapping[str, str]] | None = None
) -> SparkSession:
    """The session of a job: the cluster's where one was submitted to, else a local one.

    Parameters
    ----------
    input_bytes
        Size of the input where it is known; small inputs get a JVM that starts fast, others one that runs fast.
    app_name
        Name shown by the cluster.
    more
        Tells settings of a local session beside those of every one, such as what a stream needs (`connectors`).

    Raises
    ------
    EnvironmentFault
        No Java, or one older than 17.
    """
    builder = SparkSession.builder.appName(app_name)
    if not _is_given():
        check_java()
        for key, value in {**local_defaults(input_bytes), **(more() if more else {})}.items():
            builder = builder.config(key, value)
    return builder.getOrCreate()


@contextmanager
def settled(spark: SparkSession) -> Iterator[SparkSession]:
    """Hold the session settings that results rest on, and give back what was there before."""
    before = {key: found for key, value in REQUIRED.items() if (found := _set(spark, key)) != value}
    for key in before:
        spark.conf.set(key, REQUIRED[key])
    try:
        with _collected_after():
            yield spark
    finally:
        for key, found in before.items():
            spark.conf.set(key, found) if found is not None else spark.conf.unset(key)


@contextmanager
def _collected_after() -> Iterator[None]:
    """Let a client of Spark Connect collect garbage when its work is done, and not before.

    A model that is collected asks the server to forget it. Where Python collects it while it hands work to another thread, that request
    waits for a lock which its own thread holds, and the client for ever.
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


def _set(spark: SparkSession, key: str) -> str | None:
    """What a setting is; what is required of it where a platform, as serverless compute, lets nobody know or change it."""
    try:
        found = spark.conf.get(key, None)
    except PySparkException as error:
        if "CONFIG_NOT_AVAILABLE" not in str(error):
            raise
        return REQUIRED[key]
    return found if found is None else str(found)


def shuffle_parts(spark: SparkSession) -> int:
    """How many parts a shuffle has; Spark's own number where the platform decides from case to case (`auto`)."""
    given = spark.conf.get("spark.sql.shuffle.partitions", None) or ""
    return int(given) if given.isdecimal() else 200


def local_defaults(input_bytes: int | None, cores: int | None = None) -> dict[str, str]:
    """Spark settings of a local run; they go before those of SPARK_CONF_DIR."""
    cores = cores or os.cpu_count() or 1
    small = input_bytes is not None and input_bytes < SMALL_INPUT_BYTES
    return {
        **_LOCAL,
        "spark.driver.memory": f"{_driver_gigabytes()}g",
        "spark.driver.extraJavaOptions": f"{_QUIET} {_QUICK_START if small else _LONG_RUN} {classdata.using()}".rstrip(),
        "spark.sql.shuffle.partitions": str(cores if small else 8 * cores),
        # Planning anew after every shuffle takes longer than the shuffles of a small input.
        "spark.sql.adaptive.enabled": str(not small).lower(),
        # And packing what is held in memory longer than it saves.
        "spark.sql.inMemoryColumnarStorage.compressed": str(not small).lower(),
    }


def check_java() -> None:
    """Raise unless a Java that Spark can use is at hand."""
    home, java = os.environ.get("JAVA_HOME"), classdata.java_binary()
    if not java or not Path(java).exists():
        where = f"JAVA_HOME is {home}, and has no bin/java" if home else "there is no java on the PATH"
        raise EnvironmentFault(f"Java {OLDEST_JAVA} or newer is needed, and {where}. {_JAVA_REMEDY}")
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    except OSError as error:
        raise EnvironmentFault(f"Java {OLDEST_JAVA} or newer is needed; {java} cannot be run: {error.strerror}. {_JAVA_REMEDY}") from None
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    if not found or int(found[1]) < OLDEST_JAVA:
        version = f"is version {found[1]}" if found else "does not tell its version"
        raise EnvironmentFault(f"Java {OLDEST_JAVA} or newer is needed; {java} {version}. {_JAVA_REMEDY}")


_JAVA_REMEDY = "Install one (Debian and Ubuntu: apt-get install openjdk-17-jre-headless) or point JAVA_HOME at it."


def _is_given() -> bool:
    """Whether spark-submit, Databricks or a remote server brings the session."""
    return any(key in os.environ for key in ("PYSPARK_GATEWAY_PORT", "DATABRICKS_RUNTIME_VERSION", "SPARK_REMOTE"))


def _driver_gigabytes() -> int:
    """A third of the memory, between 2 and 8 GiB; SEGMENTATION_DRIVER_GB overrules."""
    given = os.environ.get("SEGMENTATION_DRIVER_GB")
    if given and not given.isdecimal():
        raise EnvironmentFault(f"SEGMENTATION_DRIVER_GB is {given!r}, and must be a whole number of GiB, such as 8")
    if given:
        return int(given)
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(2, min(8, total // 3 // 2**30))
