"""A model fitted and used for some nights: a quiet one, and one on which a day came twice and customers of a new type appeared."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from analyses.monitoring import synthetic_shop as shop
from typer.testing import CliRunner

from segmentation.analyses.drift.tables import DRIFT, DRIFT_TREND
from segmentation.analyses.monitoring.decision import AlertKind, MonitoringVerdict
from segmentation.cli import monitor as monitor_command
from segmentation.cli.app import app
from segmentation.monitor_run import load_run_settings, monitor_run, run_to_monitor
from segmentation.pipeline.run import score, segment
from segmentation.publish.seal import load_sealed_manifest
from segmentation.settings import settings_from_dict
from segmentation.storage import read_rows, read_table, read_text

pytestmark = pytest.mark.slow
FIT, QUIET, EVENTFUL = (shop.FIRST + timedelta(days=day) for day in (100, 101, 108))
LAST_DAY = EVENTFUL - timedelta(days=1)


def _lines():
    """A shop; from the fit on, a handful of customers a day who buy for the bath only, and dearly; and a day that came twice."""
    known = shop.shop(31, 40, days=110)
    draw = np.random.default_rng(31)
    orders = 45
    new = shop.Lines(
        day=np.repeat(draw.integers(101, 108, orders), 3),
        order=np.repeat(np.arange(orders), 3),
        customer=np.repeat(50_000 + np.arange(orders) % 35, 3),
        category=np.full(orders * 3, shop.CATEGORIES.index("Bath")),
        amount=draw.uniform(150, 250, orders * 3),
        days=known.days,
    )
    return shop.with_day_twice(shop.joined(known, new), LAST_DAY, same_orders=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nights")
    lines = _lines()
    at = pd.to_datetime(shop.FIRST) + pd.to_timedelta(lines.day * 24 + 12, unit="h")
    names = np.array(shop.CATEGORIES)[lines.category]
    log = {
        "c": lines.customer.astype(str),
        "o": lines.order.astype(str),
        "t": at.astype("datetime64[us]"),
        "a": lines.amount.round(4),
        "k": names,
    }
    (folder / "log").mkdir()
    pd.DataFrame(log).to_parquet(folder / "log" / "lines.parquet")
    return folder


@pytest.fixture(scope="module")
def settings_on(folder):
    def made(as_of):
        columns = {"customer_id": "c", "order_id": "o", "ordered_at": "t", "amount": "a", "category": "k"}
        return settings_from_dict(
            {
                "input": {"format": "parquet", "path": str(folder / "log"), "columns": columns},
                "features": {"as_of": as_of.isoformat()},
                "clustering": {"k": 5, "n_init": 2, "n_bootstrap": 2, "n_references": 2},
                "output": {"path": str(folder / "out")},
            }
        )

    return made


@pytest.fixture(scope="module")
def runs(spark, settings_on):
    """The fit, a quiet night and an eventful one."""
    jobs = {FIT: segment, QUIET: score, EVENTFUL: score}
    return {day: job(spark, settings_on(day), datetime.combine(day, datetime.min.time(), UTC)).run for day, job in jobs.items()}


def _checksums(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def reports(spark, runs, folder):
    """The report about each run; nothing is written on the way."""
    before = _checksums(folder)
    reports = {day: monitor_run(spark, load_run_settings(run), run) for day, run in runs.items()}
    assert _checksums(folder) == before
    return reports


def test_a_first_run_has_no_reference(reports):
    assert reports[FIT].facts == {"verdict": "keep scoring", "alerts": [], "references": {}, "far_share": None, "silhouette": None}
    assert reports[FIT].drift == []


def test_after_a_quiet_night_scoring_continues(reports, runs):
    quiet = reports[QUIET]
    assert (quiet.decision.verdict, quiet.decision.alerts) == (MonitoringVerdict.CONTINUE, ())
    assert quiet.facts["references"] == {"last": runs[FIT].run_id}
    assert quiet.facts["silhouette"]["current"] == pytest.approx(quiet.facts["silhouette"]["reference"], rel=0.05)
    assert {row["verdict"] for row in quiet.drift if row["segment_id"] is None and row["feature"] != "tenure_days"} == {"stable"}


def test_a_duplicated_day_and_a_new_type_are_both_reported_and_the_graver_decides(reports, runs):
    eventful = reports[EVENTFUL]
    assert [alert.kind for alert in eventful.decision.alerts][:2] == [AlertKind.DAY_DUPLICATED, AlertKind.NEW_TYPE]
    assert eventful.decision.verdict is MonitoringVerdict.STOP
    assert eventful.decision.alerts[0].since == LAST_DAY
    assert eventful.facts["references"] == {"last": runs[QUIET].run_id, "fit": runs[FIT].run_id}
    assert eventful.facts["far_share"]["current"] > 0.05


def test_a_run_has_the_same_decision_and_drift_in_itself(spark, reports, runs):
    for day, run in runs.items():
        assert load_sealed_manifest(run)["analyses"]["monitoring"] == json.loads(json.dumps(reports[day].facts))
    rows = sorted(read_rows(runs[EVENTFUL].path("drift")), key=_drift_key)
    assert rows == sorted(reports[EVENTFUL].drift, key=_drift_key)
    assert read_table(spark, runs[EVENTFUL].path("drift")).schema == DRIFT.schema
    assert read_table(spark, runs[EVENTFUL].path("drift_trend")).schema == DRIFT_TREND.schema


def _drift_key(row):
    return row["reference"], row["segment_id"] or 0, row["feature"]


def test_the_drift_table_has_a_row_for_each_reference_group_and_feature(reports):
    keys = [_drift_key(row) for row in reports[EVENTFUL].drift]
    features = {feature for *_, feature in keys}
    assert {"recency_days", "monetary_net", "category_share_bath"} < features
    assert len(keys) == len(set(keys)) == 2 * 6 * len(features)


def test_quantiles_of_small_groups_are_suppressed_and_others_have_three_digits(reports):
    rows = {(row["segment_id"], row["feature"]): row for row in reports[EVENTFUL].drift if row["reference"] == "fit"}
    overall = rows[None, "monetary_net"]
    assert overall["p10_current"] == float(f"{overall['p10_current']:.3g}")
    assert any(row["p10_current"] is None for (segment, _), row in rows.items() if segment is not None)


def test_the_page_has_one_section_of_changes(runs):
    pages = {day: read_text(run.path("report.html")) for day, run in runs.items()}
    assert [page.count('<section id="changes"') for page in pages.values()] == [0, 1, 1]
    section = pages[EVENTFUL].split('<section id="changes"')[1].split("</section>")[0]
    assert "Something is odd about the log" in section
    assert "A day came twice: " in section
    assert section.count("<svg") == 2


@pytest.fixture
def command(spark, monkeypatch):
    monkeypatch.setattr(monitor_command, "start_spark", lambda _: spark)
    return lambda *arguments: CliRunner().invoke(app, ["monitor", *map(str, arguments)])


def test_the_command_ends_with_4_where_somebody_must_look(command, runs, folder, tmp_path):
    result = command("--output", folder / "out", "--json", tmp_path / "report.json")
    assert result.exit_code == 4
    assert "stop and look: a day came twice" in result.output
    content = json.loads((tmp_path / "report.json").read_text())
    assert (content["run_id"], content["verdict"], content["as_of"]) == (runs[EVENTFUL].run_id, "stop and look", EVENTFUL.isoformat())
    assert {row["reference"] for row in content["drift"]} == {"last", "fit"}


def test_the_command_ends_with_0_where_nothing_is_wrong(command, runs, folder):
    result = command("--output", folder / "out", "--run", runs[QUIET].run_id)
    assert (result.exit_code, result.output.strip().splitlines()[-1]) == (0, "keep scoring")


def test_without_a_run_the_command_fails_before_java_starts(tmp_path, monkeypatch):
    monkeypatch.setattr(monitor_command, "start_spark", lambda _: pytest.fail("not to be started"))
    output = ["--output", str(tmp_path)]
    arguments = ([], output, [*output, "--run", "other"], [*output, "--run", "../x"])
    results = [CliRunner().invoke(app, ["monitor", *given]) for given in arguments]
    assert [result.exit_code for result in results] == [2, 3, 3, 3]
    assert "no completed run" in results[2].output


def test_a_complete_run_can_be_monitored_by_its_id(complete):
    assert run_to_monitor(complete("r1").root, "r1").run_id == "r1"
