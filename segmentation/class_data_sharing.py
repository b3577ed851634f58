"""Java's class-data sharing: an archive of loaded classes on disk, with which local runs start seconds faster."""

import hashlib
import os
import shutil
from pathlib import Path

import pyspark

_QUIET = "-Xlog:cds=off -Xlog:cds+dynamic=off"


def archive_path() -> Path:
    """Path of the archive for this Java and this Spark, whether it exists or not."""
    java = os.path.realpath(java_binary() or "java")
    modified = os.stat(java).st_mtime_ns if os.path.exists(java) else 0
    key = hashlib.sha256(f"{java} {modified} {pyspark.__file__} {pyspark.__version__}".encode()).hexdigest()
    return _cache_folder() / "segmentation" / f"java-classes-{key[:16]}.jsa"


def use_archive_option() -> str:
    """Java's option to load the archive; empty if there is none."""
    path = archive_path()
    # Options are split at blanks. os.path.exists, unlike Path.exists, returns False for a forbidden home folder.
    return f"-XX:SharedArchiveFile={path} {_QUIET}" if os.path.exists(path) and " " not in str(path) else ""


def write_archive_option(path: Path) -> str:
    """Java's option to write its loaded classes to an archive when it ends."""
    return f"-XX:ArchiveClassesAtExit={path} {_QUIET}"


def java_binary() -> str | None:
    """The java that Spark will start; None without JAVA_HOME and java on the PATH."""
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home else shutil.which("java")


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
