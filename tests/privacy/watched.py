"""A process of its own that runs commands of ours with the event log on, and keeps every temporary file that is ever made.

`python watched.py FOLDER` reads `commands.json` there, a list of command lines, and leaves `codes.json`, their exit codes. Below FOLDER:
`events/`, the event log; `local/`, Spark's local folder; `kept/`, a hard link to every file that was in it, whenever that was.
"""

import contextlib
import json
import os
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

from pyspark import StorageLevel
from pyspark.sql import SparkSession

FOLDER = Path(sys.argv[1])
LOCAL, KEPT, EVENTS = (FOLDER / name for name in ("local", "kept", "events"))
SEEN = set()
PLAIN = dict.fromkeys(("spark.shuffle.compress", "spark.shuffle.spill.compress", "spark.broadcast.compress", "spark.rdd.compress"), "false")
"""What is written can be read as it stands."""
SESSION = {
    **PLAIN,
    "spark.master": "local[2]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "WARN",
    "spark.driver.memory": "2g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": f"-XX:+UseSerialGC -Djava.io.tmpdir={LOCAL}",
    "spark.local.dir": str(LOCAL),
    "spark.eventLog.enabled": "true",
    "spark.eventLog.compress": "false",
    "spark.eventLog.dir": EVENTS.as_uri(),
    "spark.sql.warehouse.dir": (FOLDER / "warehouse").as_uri(),
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.cleaner.referenceTracking": "false",
    "spark.sql.inMemoryColumnarStorage.compressed": "false",
    # Everything that is sorted or gathered goes by the disk.
    "spark.shuffle.spill.numElementsForceSpillThreshold": "50",
}


def keep(path):
    """One more link to a file, under a name that only it can have."""
    with contextlib.suppress(OSError):  # kept already, or gone
        KEPT.joinpath(f"{path.stat().st_ino}-{path.name}").hardlink_to(path)


def keep_all():
    for folder, _, files in os.walk(LOCAL):
        for name in files:
            if (path := os.path.join(folder, name)) not in SEEN:
                SEEN.add(path)
                keep(Path(path))


def keep_for_ever():
    while True:
        keep_all()
        time.sleep(0.02)


def watch():
    """Nothing that Python removes is lost, nor what Java removes within some 20 ms."""
    unlink = os.unlink

    def kept_unlink(path, *more, **others):
        if str(path).startswith(str(LOCAL)):
            keep(Path(path))
        unlink(path, *more, **others)

    os.unlink = os.remove = kept_unlink
    tempfile.tempdir = str(LOCAL)
    threading.Thread(target=keep_for_ever, daemon=True).start()


def on_disk(frame, *_):
    """What is held in memory, where there is enough of it, could be written to the disk as well."""
    return persist(frame, StorageLevel.DISK_ONLY)


def run(command):
    from segmentation.cli import app  # noqa: PLC0415

    try:
        return app(command, standalone_mode=False) or 0
    except BaseException:
        traceback.print_exc()
        return 1


if __name__ == "__main__":
    for folder in (LOCAL, KEPT, EVENTS):
        folder.mkdir()
    watch()
    builder = SparkSession.builder.appName("watched")
    for name, value in SESSION.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    persist = type(session.range(1)).persist
    type(session.range(1)).persist = on_disk
    codes = [run(command) for command in json.loads((FOLDER / "commands.json").read_text())]
    keep_all()
    session.stop()
    (FOLDER / "codes.json").write_text(json.dumps(codes))
