"""Runs commands with the event log on, and preserves all temporary files.

`python watched.py FOLDER` reads `commands.json` there, a list of command lines, and leaves `codes.json`, their exit codes. Below FOLDER:
`events/`, the event log; `local/`, Spark's local folder; `links/`, a hard link to each file that was ever in it.
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
LOCAL, LINKS, EVENTS = (FOLDER / name for name in ("local", "links", "events"))
LINKED = set()
PLAIN = dict.fromkeys(("spark.shuffle.compress", "spark.shuffle.spill.compress", "spark.broadcast.compress", "spark.rdd.compress"), "false")
"""Files are written without compression, so that their bytes can be searched."""
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
    # All sorts and aggregations spill to disk.
    "spark.shuffle.spill.numElementsForceSpillThreshold": "50",
}


def link(path):
    """Another link to a file, under a unique name."""
    with contextlib.suppress(OSError):  # linked already, or removed
        LINKS.joinpath(f"{path.stat().st_ino}-{path.name}").hardlink_to(path)


def link_all():
    for folder, _, files in os.walk(LOCAL):
        for name in files:
            if (path := os.path.join(folder, name)) not in LINKED:
                LINKED.add(path)
                link(Path(path))


def link_forever():
    while True:
        link_all()
        time.sleep(0.02)


def watch():
    """Preserve what Python removes, and what Java removes after more than about 20 ms."""
    unlink = os.unlink

    def linking_unlink(path, *more, **others):
        if str(path).startswith(str(LOCAL)):
            link(Path(path))
        unlink(path, *more, **others)

    os.unlink = os.remove = linking_unlink
    tempfile.tempdir = str(LOCAL)
    threading.Thread(target=link_forever, daemon=True).start()


def on_disk(frame, *_):
    """Cached frames are written to disk, as they would be where memory is short."""
    return persist(frame, StorageLevel.DISK_ONLY)


def run(command):
    from segmentation.cli.app import app  # noqa: PLC0415

    try:
        return app(command, standalone_mode=False) or 0
    except BaseException:
        traceback.print_exc()
        return 1


if __name__ == "__main__":
    for folder in (LOCAL, LINKS, EVENTS):
        folder.mkdir()
    watch()
    builder = SparkSession.builder.appName("watched")
    for name, value in SESSION.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    persist = type(session.range(1)).persist
    type(session.range(1)).persist = on_disk
    codes = [run(command) for command in json.loads((FOLDER / "commands.json").read_text())]
    link_all()
    session.stop()
    (FOLDER / "codes.json").write_text(json.dumps(codes))
