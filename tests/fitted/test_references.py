"""Which earlier runs a run is compared with."""

from datetime import UTC, date, datetime, timedelta

import pytest

from segmentation.fitted.references import completed_run, find_references
from segmentation.publish.publications import publish_if_latest
from segmentation.publish.run import create_run, published_run, run_id_at
from segmentation.publish.seal import run_checksums, seal_run


@pytest.fixture
def made(tmp_path):
    """Make a complete run of a night: published, and of its own model, by default."""

    def run_of(as_of, model=None, publish=True, started_at=None):
        at = started_at or datetime.combine(as_of, datetime.min.time(), UTC) + timedelta(hours=3)
        run = create_run(str(tmp_path / "out"), run_id_at(at))
        features = [{"feature": name, "constant": name == "flat", "weight": float(name != "off")} for name in ("spend", "flat", "off")]
        manifest = {
            "as_of": as_of.isoformat(),
            "started_at": at.isoformat(),
            "features": features,
            "model": {"run_id": model or run.run_id},
            "settings": {"features": {"as_of": None}},
            "audit": {"passed": True, "faults": []},
        }
        seal_run(run, manifest, run_checksums(run))
        if publish:
            publish_if_latest(run, as_of.isoformat(), at)
        return completed_run(run, manifest)

    return run_of


def _names(current, tolerance=21):
    return {name: reference.as_of.isoformat() for name, reference in find_references(current, tolerance).items()}


def test_a_first_run_has_no_reference(made):
    assert _names(made(date(2026, 3, 2))) == {}


def test_the_run_before_is_the_last_that_was_published(made):
    made(date(2026, 2, 27))
    made(date(2026, 2, 28))
    made(date(2026, 3, 1), publish=False)
    assert _names(made(date(2026, 3, 2))) == {"last": "2026-02-28"}
    assert _names(made(date(2026, 3, 3), publish=False)) == {"last": "2026-03-02"}


def test_the_last_run_of_an_older_run_is_the_one_before_it(made):
    made(date(2026, 2, 27))
    middle = made(date(2026, 2, 28))
    made(date(2026, 3, 1))
    assert _names(middle) == {"last": "2026-02-27"}


def test_the_same_season_s_run_lies_nearest_to_a_year_before(made):
    for as_of in (date(2025, 1, 20), date(2025, 2, 20), date(2025, 3, 5), date(2025, 3, 20), date(2026, 3, 1)):
        made(as_of)
    current = made(date(2026, 3, 2))
    assert _names(current) == {"season": "2025-03-05", "last": "2026-03-01"}
    assert _names(current, tolerance=2) == {"last": "2026-03-01"}


def test_the_run_that_fitted_the_model_is_another_reference(made):
    fit = made(date(2026, 2, 1))
    assert _names(made(date(2026, 2, 2), fit.run.run_id)) == {"last": "2026-02-01"}
    assert _names(made(date(2026, 2, 3), fit.run.run_id)) == {"last": "2026-02-02", "fit": "2026-02-01"}
    assert _names(made(date(2026, 2, 4))) == {"last": "2026-02-03"}


def test_a_run_whose_manifest_was_changed_is_skipped(made, tmp_path):
    made(date(2026, 2, 27))
    broken = made(date(2026, 2, 28))
    current = made(date(2026, 3, 1))
    with open(broken.run.path("manifest.json"), "a") as file:
        file.write(" ")
    assert _names(current) == {"last": "2026-02-27"}
    assert published_run(current.run.root) == current.run


def test_used_features_follow_from_the_manifest(made):
    current = made(date(2026, 3, 2))
    assert (current.used_features, current.is_new_model, current.has_fixed_as_of) == (("spend",), True, False)
