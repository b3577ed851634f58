"""Imports point one way, and what must be in one place is nowhere else."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = "segmentation"
REPOSITORY = Path(__file__).resolve().parents[1]

LAYERS = (
    ("jobs",),
    ("cli",),
    ("backfill", "comparison", "erasure", "export", "monitor_run", "run_comparison", "run_management", "stream", "tracking", "warm_up"),
    ("pipeline",),
    ("analyses",),
    ("fitted",),
    ("incremental",),
    ("ingest", "features", "clustering", "profiling", "synthetic"),
    ("context",),
    ("publish", "report"),
    ("error_redaction",),
    ("privacy",),
    ("storage", "session", "class_data_sharing", "connectors", "progress"),
    ("settings",),
    ("schemas", "errors", "characters", ""),
)
"""Upper layers may import lower ones; parts of one layer do not import each other, but for those of SHARED. `""` is the version."""
LEVELS = {part: level for level, parts in enumerate(LAYERS) for part in parts}
SHARED = {LEVELS[part] for part in ("storage", "errors", "stream")}
"""Layers whose parts may import each other: services, the ground, and jobs that build on each other."""
COMMON = ("analysis", "registry")
"""Modules of `analyses` that belong to no analysis."""
LEAVES = "settings"
"""`analyses/<name>/settings.py` belongs to the settings: it imports nothing of the analysis."""

EVERYWHERE_BUT = {
    "reads or writes": "storage",
    "builds a session": "session",
    "asks the clock": "cli",
}
NEVER = "is not for this library"
READS_OR_WRITES = {"readStream", "writeStream", "writeTo"}
BUILDS_A_SESSION = {"getOrCreate", "builder", "SparkContext"}
ASKS_THE_CLOCK = {"now", "utcnow", "today", "current_date", "current_timestamp", "localtimestamp"}
NOT_ON_CONNECT = {"sparkContext", "rdd", "_jvm", "_jdf", "_sc"}
PYTHON_ON_EXECUTORS = {"udf", "udtf", "pandas_udf", "mapInPandas", "mapInArrow", "applyInPandas"}
CLOCK_IN_SQL = re.compile(r"\b(current_date|current_timestamp|now|curdate|localtimestamp)\s*\(", re.IGNORECASE)


def modules(root):
    """Path and syntax tree of every module of the package and the jobs, with the name of the part it belongs to."""
    for path in sorted([*(root / PACKAGE).rglob("*.py"), *(root / "jobs").glob("*.py")]):
        place = path.relative_to(root).with_suffix("").parts
        part = "jobs" if place[0] == "jobs" else part_of([name for name in place if name != "__init__"])
        yield path.relative_to(root), part, ast.parse(path.read_text(encoding="utf-8"))


def part_of(names):
    """The part of the package that a dotted name belongs to: an analysis by its own name, its settings as settings."""
    part = names[1] if len(names) > 1 else ""
    if part == "analyses" and len(names) > 3 and names[3] == LEAVES:
        return LEAVES
    return f"analyses/{names[2]}" if part == "analyses" and len(names) > 3 and names[2] not in COMMON else part


def level(root, part):
    """How far down a part is."""
    top = part.partition("/")[0]
    assert top in LEVELS, f"{PACKAGE}/{part} is in no known layer"
    return LEVELS[top]


def imported_parts(root, path, tree):
    """The parts of the package that a module imports."""
    for name in imported_names(path, tree):
        if name[0] == "jobs":
            yield "jobs"
        if name[0] == PACKAGE:
            part = part_of(name)
            is_part = (root / PACKAGE / part).is_dir() or (root / PACKAGE / f"{part}.py").is_file()
            yield part if is_part else part.rpartition("/")[0]


def imported_names(path, tree):
    """Full names of what a module imports, parted at the dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".") for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            near = path.parts[: -node.level] if node.level else ()
            base = [*near, *(node.module.split(".") if node.module else ())]
            yield from ([*base, alias.name] for alias in node.names)


def import_faults(root):
    """Imports that point up or sideways."""
    for path, part, tree in modules(root):
        mine = level(root, part)
        for other in sorted(set(imported_parts(root, path, tree)) - {part}):
            if level(root, other) < mine or (level(root, other) == mine and _is_sideways(part, other, mine)):
                yield f"{path}: imports {other or PACKAGE}"


def _is_sideways(part, other, level_of_both):
    if part.startswith("analyses"):
        # The registry knows all analyses, and each analysis their common shape.
        return "/" in part and "/" in other
    return level_of_both not in SHARED


def use_faults(root):
    """Uses of what belongs elsewhere or nowhere."""
    for path, part, tree in modules(root):
        docstrings = docstrings_of(tree)
        for node in ast.walk(tree):
            for use, name in uses(node, docstrings):
                if EVERYWHERE_BUT.get(use) != part:
                    yield f"{path}:{node.lineno}: {name} {use}"


def uses(node, docstrings):
    """What a node of the tree does that only some may do, and by which name."""
    if isinstance(node, ast.Attribute):
        if _starts_a_read_or_write(node):
            yield "reads or writes", node.value.attr if isinstance(node.value, ast.Attribute) else node.value.func.attr
        yield from _by_name(node.attr)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield from _by_name(alias.name)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings and CLOCK_IN_SQL.search(node.value):
        yield "asks the clock", CLOCK_IN_SQL.search(node.value)[0]


def docstrings_of(tree):
    """Ids of the constants that only explain."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}


def _by_name(name):
    if name in READS_OR_WRITES:
        yield "reads or writes", name
    if name in BUILDS_A_SESSION:
        yield "builds a session", name
    if name in ASKS_THE_CLOCK:
        yield "asks the clock", name
    if name in NOT_ON_CONNECT | PYTHON_ON_EXECUTORS:
        yield NEVER, name


def _starts_a_read_or_write(node):
    """`spark.read.csv`, `frame.write.mode`, `model.write().save`: not a field that happens to be called read."""
    inner = node.value.func if isinstance(node.value, ast.Call) else node.value
    return isinstance(inner, ast.Attribute) and inner.attr in ("read", "write")


@pytest.fixture
def tree_of(tmp_path):
    """A small package of every layer, to put faults into."""
    modules = (
        "cli/segment",
        "session",
        "progress",
        "schemas",
        "errors",
        "storage/__init__",
        "settings/load",
        "pipeline/run",
        "fitted/segments",
        "context",
        "publish/run",
        "analyses/analysis",
        "analyses/registry",
        "analyses/rfm/rfm",
        "analyses/rfm/settings",
        "analyses/drift/drift",
        "features/features",
        "clustering/clustering",
    )
    texts = {f"{PACKAGE}/{module}.py": "" for module in modules} | {"jobs/segment.py": ""}

    def put(path, text):
        for name, content in {**texts, path: text}.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        return tmp_path

    return put


def test_there_are_modules_of_every_layer_to_look_at():
    layers = {level(REPOSITORY, part) for _, part, _ in modules(REPOSITORY)}
    assert layers == set(range(len(LAYERS)))


def test_imports_point_one_way_and_never_sideways():
    assert list(import_faults(REPOSITORY)) == []


def test_only_storage_reads_and_writes_only_session_builds_one_and_only_cli_asks_the_clock():
    assert list(use_faults(REPOSITORY)) == []


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        ("settings/load.py", "from segmentation.storage import read_text", "imports storage"),
        ("schemas.py", "from segmentation import session", "imports session"),
        ("storage/__init__.py", "import segmentation.clustering.clustering", "imports clustering"),
        ("progress.py", "from segmentation.pipeline.run import segment", "imports pipeline"),
        ("features/features.py", "from segmentation.clustering.clustering import sweep", "imports clustering"),
        ("features/features.py", "from ..clustering import clustering", "imports clustering"),
        ("clustering/clustering.py", "def late():\n    from segmentation.features import features", "imports features"),
        ("clustering/clustering.py", "from segmentation.pipeline import run", "imports pipeline"),
        ("fitted/segments.py", "from segmentation.analyses.analysis import Analysis", "imports analyses"),
        ("publish/run.py", "from segmentation.analyses.rfm.rfm import Rfm", "imports analyses/rfm"),
        ("analyses/rfm/rfm.py", "from segmentation.analyses.drift.drift import psi", "imports analyses/drift"),
        ("analyses/rfm/rfm.py", "from segmentation.pipeline.run import segment", "imports pipeline"),
        ("analyses/rfm/settings.py", "from segmentation.analyses.rfm.rfm import Rfm", "imports analyses/rfm"),
        ("pipeline/run.py", "from segmentation.cli import segment", "imports cli"),
        ("cli/segment.py", "from jobs import segment", "imports jobs"),
    ],
)
def test_an_import_that_points_up_or_sideways_is_detected(tree_of, path, text, fault):
    assert list(import_faults(tree_of(f"{PACKAGE}/{path}", text))) == [f"{PACKAGE}/{path}: {fault}"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("jobs/segment.py", "from segmentation.cli import segment"),
        (f"{PACKAGE}/cli/segment.py", "from segmentation import __version__, storage\nfrom segmentation.pipeline.run import segment"),
        (
            f"{PACKAGE}/pipeline/run.py",
            "from segmentation.analyses.registry import all_analyses\nfrom segmentation.features import features",
        ),
        (
            f"{PACKAGE}/analyses/registry.py",
            "from segmentation.analyses.rfm.rfm import Rfm\nfrom segmentation.analyses.drift.drift import Drift",
        ),
        (
            f"{PACKAGE}/analyses/rfm/rfm.py",
            "from segmentation.analyses.analysis import Analysis\nfrom segmentation.analyses.rfm.settings import x",
        ),
        (f"{PACKAGE}/settings/load.py", "from segmentation.analyses.rfm.settings import RfmSettings"),
        (
            f"{PACKAGE}/features/features.py",
            "from segmentation.features import a\nfrom segmentation.schemas import VECTOR\nfrom .b import c",
        ),
        (f"{PACKAGE}/storage/__init__.py", "from segmentation.storage.files import join\nfrom segmentation.errors import InputError"),
        (f"{PACKAGE}/session.py", "import segmentation\nimport jobserver\nfrom segmentation.errors import InputError"),
    ],
)
def test_an_import_that_points_down_or_home_is_no_fault(tree_of, path, text):
    assert list(import_faults(tree_of(path, text))) == []


def test_a_module_of_no_layer_must_be_given_one(tree_of):
    with pytest.raises(AssertionError, match=r"segmentation/utils is in no known layer"):
        list(import_faults(tree_of(f"{PACKAGE}/utils.py", "")))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("log = spark.read.csv(path)", "read reads or writes"),
        ("frame.write.mode('error').parquet(path)", "write reads or writes"),
        ("model.write().save(path)", "write reads or writes"),
        ("spark.readStream.table(name)", "readStream reads or writes"),
        ("frame.writeTo(name).append()", "writeTo reads or writes"),
        ("spark = SparkSession.Builder().getOrCreate()", "getOrCreate builds a session"),
        ("spark = SparkSession.builder", "builder builds a session"),
        ("from pyspark import SparkContext", "SparkContext builds a session"),
        ("spark.sparkContext", "sparkContext is not for this library"),
        ("frame.rdd", "rdd is not for this library"),
        ("spark._jvm", "_jvm is not for this library"),
        ("from pyspark.sql.functions import udf", "udf is not for this library"),
        ("double = F.pandas_udf(double)", "pandas_udf is not for this library"),
        ("groups.applyInPandas(fit, schema)", "applyInPandas is not for this library"),
        ("today = datetime.now(UTC)", "now asks the clock"),
        ("day = date.today()", "today asks the clock"),
        ("frame.withColumn('day', F.current_date())", "current_date asks the clock"),
        ("frame.where('day < Current_Date ()')", "Current_Date ( asks the clock"),
        ("SQL = f'SELECT {columns}, now() FROM t'", "now( asks the clock"),
    ],
)
def test_a_use_of_what_belongs_elsewhere_is_detected(tree_of, text, fault):
    path = f"{PACKAGE}/clustering/clustering.py"
    assert list(use_faults(tree_of(path, text))) == [f"{path}:1: {fault}"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("storage/__init__.py", "spark.read.csv(path)\nmodel.write().save(path)"),
        ("session.py", "SparkSession.builder.appName(name).getOrCreate()"),
        ("cli/segment.py", "datetime.now(UTC)"),
        ("clustering/clustering.py", '"""Neither now() nor current_date()."""'),
        ("clustering/clustering.py", 'file.write(text)\ntally(log.read, rows)\nread.lines\nhint = "for now"'),
    ],
)
def test_a_use_in_its_own_place_is_no_fault(tree_of, path, text):
    assert list(use_faults(tree_of(f"{PACKAGE}/{path}", text))) == []


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        ("storage/__init__.py", "SparkSession.builder", "builder builds a session"),
        ("session.py", "spark.read.csv(path)", "read reads or writes"),
        ("session.py", "datetime.now(UTC)", "now asks the clock"),
        ("cli/segment.py", "frame.rdd", "rdd is not for this library"),
    ],
)
def test_a_place_of_its_own_excuses_nothing_else(tree_of, path, text, fault):
    assert list(use_faults(tree_of(f"{PACKAGE}/{path}", text))) == [f"{PACKAGE}/{path}:1: {fault}"]
