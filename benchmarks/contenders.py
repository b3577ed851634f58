"""Who runs, how each is called, and what each leaves behind."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyarrow import dataset

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "benchmarks"
OURS, NAIVE, NAIVE_AS_IT_COMES, DUCKDB = "ours", "naive", "naive-200", "duckdb"
SKEWED = "ours, skewed"
ONLINE_RETAIL, WARMED_UP = "Online Retail", "Online Retail, warmed up"
BARE_SESSION, TUNED_SESSION = "bare session", "bare session, our settings"
WARM_UP = (sys.executable, "-m", "segmentation.cli", "warm-up")


@dataclass(frozen=True)
class Contender:
    """A command to measure.

    Parameters
    ----------
    name
        As the table shows it.
    command
        Program and arguments.
    is_warmed_up
        Whether it finds what `segmentation warm-up` keeps.
    """

    name: str
    command: tuple[str, ...]
    is_warmed_up: bool = False


def of_the_log(names: list[str], log: Path, output: Path) -> list[Contender]:
    """Those that turn one log into segment tables."""
    paths = (str(log), str(output))
    naive = (sys.executable, str(HERE / "naive_pyspark.py"), *paths, "--driver-memory", "8g")
    commands = {
        OURS: segment_command(HERE / "conf" / "benchmark.yaml", str(output), str(log)),
        NAIVE: (*naive, "--shuffle-partitions", "8"),
        NAIVE_AS_IT_COMES: (*naive, "--shuffle-partitions", "200"),
        DUCKDB: (sys.executable, str(HERE / "duckdb_sklearn.py"), *paths),
    }
    return [Contender(name, commands[name]) for name in names]


def of_skew(log: Path, skewed: Path, output: Path) -> list[Contender]:
    """Our run of a log, and of the same with one huge customer and one huge order."""
    config = HERE / "conf" / "benchmark.yaml"
    return [Contender(name, segment_command(config, str(output), str(path))) for name, path in ((OURS, log), (SKEWED, skewed))]


def of_online_retail(log: str, output: Path) -> list[Contender]:
    """Our run of the small public data set, and the least that any Spark job costs."""
    command = segment_command(ROOT / "conf" / "online_retail.yaml", str(output), log)
    bare = (sys.executable, str(HERE / "bare_session.py"))
    return [
        Contender(BARE_SESSION, bare),
        Contender(TUNED_SESSION, (*bare, "--tuned")),
        Contender(ONLINE_RETAIL, command),
        Contender(WARMED_UP, command, is_warmed_up=True),
    ]


def segment_command(config: Path, output: str, log: str) -> tuple[str, ...]:
    """Our main job, on the log named or else on the settings' own."""
    command = (sys.executable, "-m", "segmentation.cli", "segment", "--config", str(config), "--output", output)
    return (*command, "--input", log) if log else command


def generate_command(lines: int, output: Path) -> tuple[str, ...]:
    """Our log generator, with its default seed."""
    return (sys.executable, "-m", "segmentation.cli", "generate", "--lines", str(lines), "--output", str(output))


def left_behind(output: Path) -> dict[str, Any]:
    """Customers and segments that a contender published, and the seconds of its stages where it reports them."""
    pointer = output / "current.json"
    run = output / json.loads(pointer.read_text())["path"] if pointer.exists() else output
    if not (run / "customer_segments").exists():
        return {}
    result: dict[str, Any] = {"customers": _rows(run / "customer_segments"), "segments": _rows(run / "segment_summary")}
    manifest = run / "manifest.json"
    if manifest.exists():
        result["stages"] = {stage["stage"]: stage["seconds"] for stage in json.loads(manifest.read_text())["stages"]}
    return result


def _rows(table: Path) -> int:
    return int(dataset.dataset(table, format="parquet").count_rows())
