"""A model fitted and used for some nights: a quiet one, and one on which a day came twice and customers of a new type appeared."""

import hashlib
import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from monitor import shop
from typer.testing import CliRunner

from segmentation.cli import app, monitoring
from segmentation.context import RunContext
from segmentation.monitor.causes import Kind, Verdict
from segmentation.progress import RunLog
from segmentation.publish.audit import audit
from segmentation.publish.run import Run
from segmentation.schemas import DRIFT, DRIFT_TREND
from segmentation.settings import validated
from segmentation.storage import read_table
from segmentation.workflows.monitor import looked_at, monitor, settings_of
from segmentation.workflows.score import score
from segmentation.workflows.segment import segment
from segmentation.workflows.watching import with_drift_written

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
    return shop.twice(shop.joined(known, new), LAST_DAY, same_orders=True)


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
        return validated(
            {
                "input": {"format": "parquet", "path": str(folder / "log"), "columns": columns},
                "features": {"as_of": as_of.isoformat()},
                "clustering": {"segments": 5, "restarts": 2, "draws": 2, "references": 2},
                "output": {"path": str(folder / "out")},
            }
        )

    return made


@pytest.fixture(scope="module")
def runs(spark, settings_on):
    """The fit, a quiet night and an eventful one."""
    jobs = {FIT: segment, QUIET: score, EVENTFUL: score}
    return {day: context(spark, settings_on(day), datetime.combine(day, datetime.min.time(), UTC)).run for day, context in jobs.items()}


def _fingerprints(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def found(spark, runs, folder):
    """What is found about each, and that nothing was written on the way."""
    before = _fingerprints(folder)
    reports = {day: monitor(spark, settings_of(run), run).found for day, run in runs.items()}
    assert _fingerprints(folder) == before
    return reports


def test_a_first_run_has_nothing_to_be_held_against(found):
    assert found[FIT].told == {"verdict": "keep scoring", "causes": [], "references": {}, "far_share": None, "silhouette": None}
    assert (found[FIT].drift.rows, found[FIT].promises(), found[FIT].kept_back) == ([], {}, {})


def test_after_a_quiet_night_scoring_goes_on(found, runs):
    quiet = found[QUIET]
    assert (quiet.judgement.verdict, quiet.judgement.causes) == (Verdict.KEEP, ())
    assert quiet.told["references"] == {"last": runs[FIT].run_id}
    assert quiet.told["silhouette"]["now"] == pytest.approx(quiet.told["silhouette"]["then"], rel=0.05)
    assert {row["verdict"] for row in quiet.drift.rows if row["segment_id"] is None and row["feature"] != "tenure_days"} == {"stable"}


def test_a_doubled_day_and_a_new_type_are_both_told_and_the_graver_decides(found, runs):
    eventful = found[EVENTFUL]
    assert [cause.kind for cause in eventful.judgement.causes][:2] == [Kind.DAY_DOUBLED, Kind.NEW_TYPE]
    assert eventful.judgement.verdict is Verdict.STOP
    assert eventful.judgement.causes[0].since == LAST_DAY
    assert eventful.told["references"] == {"last": runs[QUIET].run_id, "fit": runs[FIT].run_id}
    assert eventful.told["far_share"]["now"] > 0.05


def test_the_table_has_a_row_for_each_reference_group_and_feature_and_passes_its_audit(spark, found, runs, settings_on, tmp_path):
    eventful = found[EVENTFUL]
    keys = [(row["reference"], row["segment_id"], row["feature"]) for row in eventful.drift.rows]
    features = {feature for _, _, feature in keys}
    assert {"recency_days", "monetary_net", "category_share_bath"} < features
    assert len(keys) == len(set(keys)) == 2 * 6 * len(features)
    context = RunContext(spark, settings_on(EVENTFUL), Run(str(tmp_path), "r"), datetime(2026, 1, 1, tzinfo=UTC), RunLog(), ExitStack())
    written = with_drift_written(context, eventful, runs[QUIET], EVENTFUL)
    tables = {name: read_table(spark, context.run.path(name)) for name in ("drift", "drift_trend")}
    assert [table.schema for table in tables.values()] == [DRIFT, DRIFT_TREND]
    assert audit(tables, written.promises(), []).faults == ()


def test_quantiles_of_few_customers_are_kept_back_and_the_others_are_told_to_three_figures(found):
    rows = {(row["segment_id"], row["feature"]): row for row in found[EVENTFUL].drift.rows if row["reference"] == "fit"}
    of_all = rows[None, "monetary_net"]
    assert of_all["p10_now"] == float(f"{of_all['p10_now']:.3g}")
    small = [row for (segment, _), row in rows.items() if segment is not None and row["p10_now"] is None]
    assert found[EVENTFUL].kept_back.get("drift", 0) >= len(small) > 0


@pytest.fixture
def command(spark, monkeypatch):
    monkeypatch.setattr(monitoring, "session_and_libraries", lambda _: spark)
    return lambda *arguments: CliRunner().invoke(app, ["monitor", *map(str, arguments)])


def test_the_command_ends_with_4_where_somebody_must_look(command, runs, folder, tmp_path):
    done = command("--output", folder / "out", "--json", tmp_path / "found.json")
    assert done.exit_code == 4
    assert "stop and look: a day came twice" in done.output
    content = json.loads((tmp_path / "found.json").read_text())
    assert (content["run_id"], content["verdict"], content["as_of"]) == (runs[EVENTFUL].run_id, "stop and look", EVENTFUL.isoformat())
    assert {row["reference"] for row in content["drift"]} == {"last", "fit"}


def test_the_command_ends_with_0_where_nothing_is_wrong(command, runs, folder):
    done = command("--output", folder / "out", "--run", runs[QUIET].run_id)
    assert (done.exit_code, done.output.strip().splitlines()[-1]) == (0, "keep scoring")


def test_nothing_to_look_at_is_told_before_java_starts(tmp_path, monkeypatch):
    monkeypatch.setattr(monitoring, "session_and_libraries", lambda _: pytest.fail("not to be started"))
    there = ["--output", str(tmp_path)]
    endings = [CliRunner().invoke(app, ["monitor", *given]) for given in ([], there, [*there, "--run", "other"], [*there, "--run", "../x"])]
    assert [done.exit_code for done in endings] == [2, 3, 3, 3]
    assert "no completed run" in endings[2].output


def test_a_run_that_is_not_sealed_is_none_to_look_at(complete):
    assert looked_at(complete("r1").root, "r1").run_id == "r1"
