"""Warm-up: a small run that archives the classes which Java loaded, so that later local runs start faster."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from segmentation import class_data_sharing, storage
from segmentation.errors import MissingDependencyError

_COLUMNS = ("customer_id", "ordered_at", "quantity", "unit_price", "order_id", "product_id", "category")
_LINES, _CUSTOMERS = 3_000, 101


def warm_up() -> Path:
    """Segment a small log in another process, and archive the classes that its Java loaded.

    Returns the archive, of about 200 MB. Raises MissingDependencyError where the run failed, its Java cannot archive classes, or the
    archive's folder cannot be made.
    """
    archive = class_data_sharing.archive_path()
    try:
        archive.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MissingDependencyError(
            f"no classes archived: {archive.parent}: {error.strerror}. Name another folder in XDG_CACHE_HOME"
        ) from None
    with TemporaryDirectory(prefix="warm-up-", dir=archive.parent) as folder:
        temporary = Path(folder) / archive.name
        # This also waits for Java, which has the same pipes and writes the archive when it ends.
        done = subprocess.run(_command(Path(folder)), env=_environment(temporary), capture_output=True, text=True, check=False)
        if done.returncode or not temporary.exists():
            output = done.stderr.strip().splitlines() or ["nothing"]
            raise MissingDependencyError(f"no classes archived; runs work as before. The warm-up run printed: {output[-1]}")
        os.replace(temporary, archive)
    return archive


def _command(folder: Path) -> list[str]:
    log, config = str(folder / "log.csv"), str(folder / "settings.yaml")
    settings = {
        "input": {"format": "csv", "path": log, "columns": {name: name for name in _COLUMNS}},
        "output": {"path": str(folder / "out")},
    }
    storage.write_text(log, "\n".join([",".join(_COLUMNS), *map(_line, range(_LINES))]))
    storage.write_text(config, json.dumps(settings))
    return [sys.executable, "-m", "segmentation.cli", "segment", "--config", config]


def _line(number: int) -> str:
    """A purchase; every fiftieth line is a return."""
    customer, quantity = number % _CUSTOMERS, -1 if number % 50 == 0 else 1 + number % 7
    day = f"2024-{1 + number % 12:02}-{1 + number % 28:02} 12:00:00"
    return f"{customer},{day},{quantity},{1 + customer % 9}.5,{number // 3},p{number % 40},c{number % 5}"


def _environment(temporary: Path) -> dict[str, str]:
    options = os.environ.get("JDK_JAVA_OPTIONS", "")
    # With a cache folder of its own, the run does not start from an older archive.
    return {
        **os.environ,
        "XDG_CACHE_HOME": str(temporary.parent),
        "JDK_JAVA_OPTIONS": f"{options} {class_data_sharing.write_archive_option(temporary)}".strip(),
    }
