"""What all tests share: one Spark session, started by the first test that asks, and the real data where it is at hand."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest
from faults.disks import NOT_MOUNTED
from faults.disks import REMEDY as MAY_MOUNT
from oracle.chromium import NO_BROWSER
from oracle.chromium import REMEDY as GET_A_BROWSER
from pyspark.sql import SparkSession
from xdist.scheduler import LoadFileScheduling

from segmentation import storage
from segmentation.pipeline.run import segment
from segmentation.publish.run import Run, create_run
from segmentation.publish.seal import run_checksums, seal_run
from segmentation.settings import load_settings
from segmentation.synthetic.generate import write_synthetic_log

pytest_plugins = ("oracle.page_input",)

REPOSITORY = Path(__file__).resolve().parents[1]
REMOTE = os.environ.get("SEGMENTATION_TEST_REMOTE")
"""Where Spark Connect is to be found, such as local[2]: then all tests are clients of it."""
NOT_AT_HAND = "not tested on real data"
REMEDY = "Set SEGMENTATION_DATA to the folder that holds online_retail/ and mall_customers/."
WANTS = {
    NOT_AT_HAND: (
        "NOT TESTED ON REAL DATA",
        f"Tests skipped for want of the public data sets: {{}}. This run says nothing about a real retailer's log. {REMEDY}",
    ),
    NOT_MOUNTED: (
        "NOT TESTED ON A FAILING DISK",
        f"Tests skipped for want of the right to mount one: {{}}. This run says nothing about a full or read-only disk. {MAY_MOUNT}",
    ),
    NO_BROWSER: (
        "NOT TESTED IN A BROWSER",
        f"Tests skipped for want of a Chromium: {{}}. This run says nothing about how the page looks. {GET_A_BROWSER}",
    ),
}

NOT_COMPILED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
SESSION = {
    "spark.master": "local[2]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.driver.memory": "3g",
    # It lives for the whole suite, so that compiling for speed pays.
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m -XX:TieredStopAtLevel=4",
    # To plan and compile what so few lines pass through takes longer than to carry it out; `as_shipped` turns both on.
    "spark.sql.adaptive.enabled": "false",
    **NOT_COMPILED,
    # As conf/spark-local.conf has it: else every column made in Python asks Java several times where it was made.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    # What is remembered of work long done looks like a leak for as long as it fills up.
    **{f"spark.ui.retained{what}": "20" for what in ("Jobs", "Stages")},
    "spark.ui.retainedTasks": "200",
    "spark.sql.ui.retainedExecutions": "20",
    # The name of this machine need not resolve.
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.session.timeZone": "UTC",
}
STARTED_WITH = {}
# Any other Java that a test starts is over before compiling for speed has paid.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m")
ON_ONE_WORKER = ("tests/faults", "tests/stream")
"""Folders whose files share what is dear to make; of others, each file may go to any worker."""


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    """The one session of all tests; a test whose code starts one by itself asks for this one first, and gets it."""
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    warehouse = tmp_path_factory.mktemp("warehouse").as_uri()
    builder = SparkSession.builder.appName("tests").config("spark.sql.warehouse.dir", warehouse)
    for key, value in SESSION.items():
        if not (REMOTE and key == "spark.master"):  # the remote is one itself
            builder = builder.config(key, value)
    # A folder of its own: what Spark leaves there can be counted, and goes with the tests.
    builder = builder.config("spark.local.dir", str(tmp_path_factory.mktemp("spark")))
    if REMOTE:
        builder = builder.remote(REMOTE)
    session = builder.getOrCreate()
    STARTED_WITH.update(session.conf.getAll)
    yield session
    session.stop()


@pytest.fixture(scope="module")
def as_shipped(spark):
    """The session with plans compiled and adapted, as users have it."""
    before = {key: spark.conf.get(key) for key in (*NOT_COMPILED, "spark.sql.adaptive.enabled")}
    for key in before:
        spark.conf.set(key, "FALLBACK" if key.endswith("Mode") else "true")
    yield spark
    for key, value in before.items():
        spark.conf.set(key, value)


@pytest.fixture(scope="session")
def retailer(spark, tmp_path_factory):
    """Folder of a generated log and its truth."""
    folder = tmp_path_factory.mktemp("retailer")
    write_synthetic_log(spark, str(folder / "log"), lines=20_000, seed=7)
    return folder / "log"


@pytest.fixture(scope="session")
def settings_for(retailer):
    """The demo's settings on the generated log, with fewer numbers of segments and seeds to try."""

    def made(output, **values):
        fewer = {"clustering.k_max": 6, "clustering.n_init": 2, "clustering.max_iter": 10}
        # An outside reader counts customers again and checks every figure: suppression of small groups has a run of its own.
        fewer |= {"privacy.min_group_size": 1}
        # They take a quarter of a run, and are asked for where they are looked at.
        fewer |= {"baskets.use": False}
        places = {"input.path": str(retailer / "transactions"), "output.path": str(output)}
        return load_settings(REPOSITORY / "conf" / "demo.yaml", values={**fewer, **places, **values})

    return made


@pytest.fixture(scope="session")
def published(spark, settings_for, tmp_path_factory):
    """A published run and the root it was published under."""
    root = tmp_path_factory.mktemp("published")
    outcome = segment(spark, settings_for(root, **{"baskets.use": True}), datetime(2026, 1, 1, tzinfo=UTC))
    return outcome, root


@pytest.fixture
def copied(published, tmp_path):
    """The published run under a root of its own, to go on from."""
    root = copytree(published[1], tmp_path / "copied", symlinks=True)
    return Run(str(root), published[0].run.run_id), root


@pytest.fixture
def complete(tmp_path):
    """Make a run by hand, whole and sealed without Spark: a table, hidden files, orders; its audit was passed unless faults are given."""

    def made(run_id, *faults, root=tmp_path / "out"):
        run = create_run(str(root), run_id)
        for name in ("customer_segments/part-0", "customer_segments/.part-0.crc", "model/metadata/part-0", "report.html"):
            storage.make_folder(run.path(name).rpartition("/")[0])
            storage.write_text(run.path(name), f"{name} of {run_id}")
        storage.make_folder(f"{run.orders}/_incremental")
        storage.write_text(f"{run.orders}/_incremental/state.json", f"state of {run_id}")
        manifest = {"run_id": run_id, "as_of": "2026-01-01", "tables": {}, "audit": {"passed": not faults, "faults": list(faults)}}
        seal_run(run, manifest, run_checksums(run))
        return run

    return made


@pytest.fixture(autouse=True)
def _nothing_left_behind(request):
    """No cached table, temporary view or changed setting of one test reaches the next."""
    yield
    if "spark" not in request.fixturenames:
        return
    session = request.getfixturevalue("spark")
    session.catalog.clearCache()
    # `listTables` decodes rows in a way that needs them compiled.
    for table in session.sql("SHOW TABLES").collect():
        if table.isTemporary:
            session.catalog.dropTempView(table.tableName)
    _restore_settings(session)


def _restore_settings(session):
    """A job started by a test lays its own settings over the session's."""
    conf = session.conf.getAll
    changed = {key for key in conf.keys() | STARTED_WITH.keys() if conf.get(key) != STARTED_WITH.get(key)}
    for key in filter(session.conf.isModifiable, changed):
        if key in STARTED_WITH:
            session.conf.set(key, STARTED_WITH[key])
        else:
            session.conf.unset(key)


@pytest.fixture(scope="session")
def real_data():
    """The folder of the public data sets; a test that asks for it is marked `real_data` by itself."""
    given = os.environ.get("SEGMENTATION_DATA")
    folder = Path(given) if given else REPOSITORY.parent / "shared" / "data"
    if given and not folder.is_dir():
        pytest.fail(f"SEGMENTATION_DATA is {given}, and that is no folder")
    if not folder.is_dir():
        pytest.skip(f"{NOT_AT_HAND}: there is no ../shared/data. {REMEDY}")
    return folder


class Together(LoadFileScheduling):
    """What goes to one worker: the tests of a file, and of all files of some folders."""

    def _split_scope(self, nodeid):
        file = super()._split_scope(nodeid)
        folder = file.rpartition("/")[0]
        return folder if folder in ON_ONE_WORKER else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return Together(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items):
    """Files with slow tests begin first: at the end, one worker would go through the last of them alone."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_itemcollected(item):
    if "real_data" in getattr(item, "fixturenames", ()):
        item.add_marker("real_data")


def pytest_terminal_summary(terminalreporter):
    skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    for want, (heading, words) in WANTS.items():
        count = sum(want in reason for reason in skipped)
        if count:
            terminalreporter.section(heading, sep="!", yellow=True, bold=True)
            terminalreporter.line(words.format(count), yellow=True, bold=True)
