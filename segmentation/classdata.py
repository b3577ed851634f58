"""Java's classes as it loaded them, kept on disk: local runs that find them start seconds sooner (class-data sharing)."""

import hashlib
import os
import shutil
from pathlib import Path

import pyspark

_QUIET = "-Xlog:cds=off -Xlog:cds+dynamic=off"


def archive() -> Path:
    """Where the classes of this Java and this Spark lie, or would: another of either has another file."""
    java = os.path.realpath(java_binary() or "java")
    built = os.stat(java).st_mtime_ns if os.path.exists(java) else 0
    mark = hashlib.sha256(f"{java} {built} {pyspark.__file__} {pyspark.__version__}".encode()).hexdigest()
    return _cache() / "segmentation" / f"java-classes-{mark[:16]}.jsa"


def using() -> str:
    """Java's option to start from the archive; empty where there is none."""
    found = archive()
    # Options are split at blanks. And os.path.exists, since a home may be forbidden to look into.
    return f"-XX:SharedArchiveFile={found} {_QUIET}" if os.path.exists(found) and " " not in str(found) else ""


def writing(path: Path) -> str:
    """Java's option to write what it has loaded when it ends."""
    return f"-XX:ArchiveClassesAtExit={path} {_QUIET}"


def java_binary() -> str | None:
    """The java that Spark will start; None where there is none on the path and no JAVA_HOME."""
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home else shutil.which("java")


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
