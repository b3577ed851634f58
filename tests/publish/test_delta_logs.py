"""With publish.format delta every table is a Delta table too, and everything else about a run's files stays the same."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml
from deltalake import DeltaTable
from jars import jars
from oracle import delta_session
from oracle.small_root import ANN, BOB, CAT, DAN, EVE, NEW, OLD, everyone, made, seal, settings_of
from pyarrow import parquet

from segmentation.erasure.erase import erase
from segmentation.erasure.inventory import inventory_of
from segmentation.erasure.retention import plan_retention, purge
from segmentation.errors import SettingsError
from segmentation.fitted.tables import CUSTOMER_SEGMENTS
from segmentation.pipeline.run import score, segment
from segmentation.publish import comparison
from segmentation.publish.delta_logs import write_delta_logs
from segmentation.publish.run import Run
from segmentation.publish.seal import load_sealed_manifest
from segmentation.run_management import verify_run
from segmentation.settings import settings_from_dict

NOW = datetime(2026, 2, 1, tzinfo=UTC)
NIGHTLY = {"input.incremental": True, "features.exact_products_max_lines": 0}
QUICK = {f"clustering.{key}": value for key, value in {"k": 3, "k_max": 4, "n_bootstrap": 3, "n_references": 2}.items()}


@pytest.fixture(scope="module")
def line(spark, settings_for, tmp_path_factory):
    """A fit that leaves something to the next night, and a scoring after it; root, settings of the second, and both outcomes."""
    root = tmp_path_factory.mktemp("delta") / "out"

    def at(day):
        return settings_for(root, **{"publish.format": "delta", "features.as_of": str(day), **NIGHTLY, **QUICK})

    fitted = segment(spark, at(date(2025, 10, 1)), NOW)
    scored = score(spark, at(date(2025, 10, 15)), NOW + timedelta(hours=1))
    return root, at(date(2025, 11, 1)), fitted, scored


def tables(root):
    """Folders of tables, models apart."""
    return [place for place in inventory_of(str(root)).tables if "/model/" not in place]


def logs(root):
    return sorted(str(path.parent.relative_to(root)) for path in root.rglob("_delta_log"))


def files(table):
    """Names of a table's files, as its log and its folder have them."""
    return sorted(Path(file).name for file in DeltaTable(str(table)).file_uris()), sorted(file.name for file in table.glob("*.parquet"))


def test_each_table_is_a_delta_table_of_one_version_and_all_of_its_files(line):
    root, _, fitted, scored = line
    assert logs(root) == tables(root)
    assert {f"runs/{outcome.run.run_id}/{name}" for outcome in (fitted, scored) for name in outcome.manifest["tables"]} <= set(logs(root))
    assert {f"orders/{fitted.run.run_id}", f"orders/{fitted.run.run_id}/_incremental/recent_lines"} <= set(logs(root))
    for place in tables(root):
        logged, present = files(root / place)
        assert (logged, DeltaTable(str(root / place)).version()) == (present, 0)


def test_a_delta_reader_finds_the_same_rows_as_a_parquet_reader(line):
    root, _, _, scored = line
    for name, rows in scored.manifest["tables"].items():
        delta = duckdb.from_arrow(DeltaTable(scored.run.path(name)).to_pyarrow_table())
        plain = duckdb.sql(f"SELECT * FROM '{root}/current/{name}/*.parquet'")
        assert (delta.columns, len(delta)) == (plain.columns, rows)
        assert len(delta.except_(plain)) == len(plain.except_(delta)) == 0, name


def test_a_run_and_its_logs_are_sealed(line):
    root, _, fitted, scored = line
    for outcome in (fitted, scored):
        assert verify_run(str(root), outcome.run.run_id).faults == ()
        sealed = {name for name in outcome.manifest["files"] if "_delta_log" in name}
        assert sealed == {f"{place}/_delta_log/{0:020}.json" for place in tables(root) if outcome.run.run_id in place}


def test_no_log_names_a_customer(line):
    root, _, fitted, _ = line
    customers = parquet.read_table(fitted.run.path("customer_features"), columns=["customer_id"]).column(0).to_pylist()
    texts = [next(path.iterdir()).read_text() for path in root.rglob("_delta_log")]
    assert len(texts) > 20
    assert [who for who in customers if any(f'"{who}"' in text or f'\\"{who}\\"' in text for text in texts)] == []
    assert not any("stats" in json.loads(text.splitlines()[-1])["add"] for text in texts)


@pytest.fixture(scope="module")
def session_report(line, tmp_path_factory):
    """What a session with Delta makes of a copy of it all, where it scores once more as on Databricks."""
    root, settings, _, _ = line
    folder = tmp_path_factory.mktemp("session")
    copy = shutil.copytree(root, folder / "out", symlinks=True)
    config = folder / "settings.yaml"
    plain = json.loads(settings.model_dump_json())
    config.write_text(yaml.safe_dump({**plain, "output": {**plain["output"], "path": str(copy)}}))
    folders = [str(Path(delta_session.__file__).parents[number]) for number in (1, 2)]
    given = {"PYTHONPATH": os.pathsep.join(folders), "SEGMENTATION_JARS": ",".join(jars("delta")), "PYSPARK_PYTHON": sys.executable}
    command = [sys.executable, delta_session.__file__, str(copy), str(config)]
    process = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **given}, timeout=600)
    assert process.returncode == 0, process.stderr[-3000:]
    return json.loads(process.stdout.splitlines()[-1]), copy


@pytest.mark.slow
def test_a_session_with_delta_reads_the_same_rows_and_columns(line, session_report):
    root, _, _, scored = line
    assert session_report[0]["differences"] == [[], len([place for place in tables(root) if scored.run.run_id in place])]


@pytest.mark.slow
def test_views_and_the_link_are_delta_tables_of_the_published_run(line, session_report):
    scored, later = line[3].run.run_id, session_report[0]["scored"]
    assert session_report[0]["views"] == [[True, [scored]], [True, [later]], [True, [scored]]]
    assert session_report[0]["link"] == [[scored], [later], [scored]]


@pytest.mark.slow
def test_a_table_is_read_by_its_log_where_its_files_alone_are_refused(session_report):
    by_files, by_log = session_report[0]["rows"]
    assert by_files > by_log > 0


@pytest.mark.slow
def test_files_that_a_session_with_delta_read_and_wrote_are_as_sealed(session_report):
    report, root = session_report
    assert report["faults"] == []
    assert f"runs/{report['scored']}/customer_segments" in logs(root) == tables(root)


def test_an_unknown_format_is_refused():
    with pytest.raises(SettingsError, match=r"publish\.format: input should be 'parquet' or 'delta' \(found 'iceberg'\)"):
        settings_from_dict({"publish": {"format": "iceberg"}})


@pytest.fixture
def small(tmp_path):
    """Two runs made by hand and a comparison, all of them Delta, sealed."""
    root = tmp_path / "root"
    for run in made(root):
        write_delta_logs(run.path(), run.orders, specs={})
        seal(run)
    write_delta_logs(comparison.Comparison(Run(str(root), NEW), "20260202T000000000000Z").path(), specs={})
    return root


def test_erased_people_are_in_no_log_and_no_version(spark, small, tmp_path):
    listed = tmp_path / "people.txt"
    listed.write_text(f"{ANN}\n{BOB}\n{EVE}\n")
    done = erase(spark, settings_of(small), str(listed), NOW)
    assert done.receipt["verification"]["has_passed"]
    everything = b"".join(path.read_bytes() for path in small.rglob("*") if path.is_file())
    assert [who for who in (ANN, BOB, EVE) if who.encode() in everything] == []
    assert CAT.encode() in everything
    assert logs(small) == [place for place in tables(small) if not place.startswith("erased/")]
    for place in logs(small):
        logged, present = files(small / place)
        assert (logged, DeltaTable(str(small / place)).version()) == (present, 0)
    rewritten = DeltaTable(Run(str(small), f"{NEW}-r1").path("customer_segments"))
    assert set(rewritten.to_pyarrow_table()["customer_id"].to_pylist()) == {CAT}
    comments = {field.name: field.metadata.get("comment") for field in rewritten.schema().fields}
    assert comments["segment_name"] == CUSTOMER_SEGMENTS.column("segment_name").doc
    assert everyone(small / "comparisons" / "current" / "clusters") == {DAN}
    for run_id in (OLD, NEW):
        assert verify_run(str(small), f"{run_id}-r1").faults == ()


def test_purged_lines_are_in_no_version(spark, small):
    settings = settings_of(small, rejected_lines_retention_days=10)
    purge(plan_retention(settings, NOW + timedelta(days=1)), lambda: spark, settings, NOW + timedelta(days=1))
    emptied = Run(str(small), f"{OLD}-r1")
    assert load_sealed_manifest(emptied)["tables"]["rejected_lines"] == 0
    table = DeltaTable(emptied.path("rejected_lines"))
    assert (table.to_pyarrow_table().num_rows, table.version()) == (0, 0)
    assert DeltaTable(emptied.path("customer_segments")).to_pyarrow_table().num_rows == 3
    assert verify_run(str(small), emptied.run_id).faults == ()
