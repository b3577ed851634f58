"""One small run for the sake of the next: it leaves Java's classes where local sessions find them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from segmentation import classdata, storage
from segmentation.errors import EnvironmentFault

_COLUMNS = ("customer_id", "ordered_at", "quantity", "unit_price", "order_id", "product_id", "category")
_LINES, _CUSTOMERS = 3_000, 101


def warm_up() -> Path:
    """Segment a small log in a process of its own, and keep the classes that its Java loaded.

    Returns
    -------
    Path
        The archive: some 200 MB.

    Raises
    ------
    EnvironmentFault
        The run failed, or its Java keeps no classes: what it said last. Or there is no place to keep them.
    """
    kept = classdata.archive()
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentFault(f"no classes kept: {kept.parent}: {error.strerror}. Name another place in XDG_CACHE_HOME") from None
    with TemporaryDirectory(prefix="warm-up-", dir=kept.parent) as folder:
        aside = Path(folder) / kept.name
        # Waits for Java too, which writes when it ends and holds the same pipes.
        done = subprocess.run(_command(Path(folder)), env=_environment(aside), capture_output=True, text=True, check=False)
        if done.returncode or not aside.exists():
            said = done.stderr.strip().splitlines() or ["nothing"]
            raise EnvironmentFault(f"no classes kept; runs go on as before. The warm-up run said: {said[-1]}")
        os.replace(aside, kept)
    return kept


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
    """Some purchase; every fiftieth line is a return."""
    customer, quantity = number % _CUSTOMERS, -1 if number % 50 == 0 else 1 + number % 7
    day = f"2024-{1 + number % 12:02}-{1 + number % 28:02} 12:00:00"
    return f"{customer},{day},{quantity},{1 + customer % 9}.5,{number // 3},p{number % 40},c{number % 5}"


def _environment(aside: Path) -> dict[str, str]:
    given = os.environ.get("JDK_JAVA_OPTIONS", "")
    # A cache of its own, so that the run does not start from an older archive.
    return {**os.environ, "XDG_CACHE_HOME": str(aside.parent), "JDK_JAVA_OPTIONS": f"{given} {classdata.writing(aside)}".strip()}
