"""Resources that this process and its JVM use between two nights, after both have collected garbage."""

import gc
import os
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

_SETTLING_SECONDS = 10
_MIB = 2**20


@dataclass(frozen=True)
class Holdings:
    """Resident memory of the process tree and the live part of Java's heap in MiB; the rest counted."""

    resident_mib: float
    heap_mib: float
    descriptors: int
    threads: int
    temporary_files: int
    cached: int


def measure_holdings(spark, temporary):
    """Resources in use now.

    `temporary` are the folders for temporary files, Spark's own among them. Spark removes the files of a shuffle once Java has
    thrown away what asked for it, and that in a thread of its own: wait until it has nothing more to do.
    """
    heap, files = _heap(spark), _stable_file_count(spark, temporary)
    # Java 25 and Python count a process apart: its own, and those it has started.
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return Holdings(
        resident_mib=sum(process.memory_info().rss for process in processes) / _MIB,
        heap_mib=heap / _MIB,
        descriptors=sum(process.num_fds() for process in processes),
        threads=sum(process.num_threads() for process in processes),
        temporary_files=files,
        cached=cached(spark),
    )


def cached(spark):
    """Frames that Spark holds in memory."""
    return spark.sparkContext._jsc.getPersistentRDDs().size()


def _stable_file_count(spark, folders):
    """Files that are there at last: none, or as many five times in a row, since Spark is late to begin on a busy machine."""
    deadline, before, same = time.monotonic() + _SETTLING_SECONDS, None, 0
    while True:
        _collect(spark)
        now = sum(_files(folder) for folder in folders)
        same = same + 1 if now == before else 0
        if now == 0 or same == 4 or time.monotonic() > deadline:
            return now
        before = now


def _collect(spark):
    gc.collect()
    spark._jvm.System.gc()
    time.sleep(0.3)


def _files(folder):
    return sum(len(files) for _, _, files in os.walk(Path(folder)))


def _heap(spark):
    """What collections leave, the least of three: on a busy machine Spark is late to let go of what a night has held."""
    return min(_left(spark) for _ in range(3))


def _left(spark):
    _collect(spark)
    pools = spark._jvm.java.lang.management.ManagementFactory.getMemoryPoolMXBeans()
    heap = (pool for pool in pools if pool.getType().toString() == "Heap memory")
    return sum(pool.getCollectionUsage().getUsed() for pool in heap)
