"""Which runs a run is held against, and up to which day its orders should be there."""

from datetime import UTC, date, datetime, timedelta

import pytest

from segmentation.publish.integrity import files_of, sealed
from segmentation.publish.publications import publish_in_order
from segmentation.publish.run import Run, begin, published, run_id_of
from segmentation.workflows.references import Known, known, references_of
from segmentation.workflows.watching import expected_until

NIGHT = datetime(2026, 3, 2, 3, tzinfo=UTC)


@pytest.fixture
def made(tmp_path):
    """Make a complete run of a night by hand: published unless told otherwise, of its own model unless another is named."""

    def run_of(as_of, model=None, publish=True, started_at=None):
        at = started_at or datetime.combine(as_of, datetime.min.time(), UTC) + timedelta(hours=3)
        run = begin(str(tmp_path / "out"), run_id_of(at))
        features = [{"feature": name, "constant": name == "flat", "weight": float(name != "off")} for name in ("spend", "flat", "off")]
        manifest = {
            "as_of": as_of.isoformat(),
            "started_at": at.isoformat(),
            "features": features,
            "model": {"run_id": model or run.run_id},
            "settings": {"features": {"as_of": None}},
            "audit": {"passed": True, "faults": []},
        }
        sealed(run, manifest, files_of(run))
        if publish:
            publish_in_order(run, as_of.isoformat(), at)
        return known(run, manifest)

    return run_of


def _names(now, tolerance=21):
    return {name: one.as_of.isoformat() for name, one in references_of(now, tolerance).items()}


def test_a_first_run_is_held_against_none(made):
    assert _names(made(date(2026, 3, 2))) == {}


def test_the_run_before_is_the_last_that_was_published(made):
    made(date(2026, 2, 27))
    made(date(2026, 2, 28))
    made(date(2026, 3, 1), publish=False)
    assert _names(made(date(2026, 3, 2))) == {"last": "2026-02-28"}
    assert _names(made(date(2026, 3, 3), publish=False)) == {"last": "2026-03-02"}


def test_of_an_older_run_it_is_the_one_before_that(made):
    made(date(2026, 2, 27))
    middle = made(date(2026, 2, 28))
    made(date(2026, 3, 1))
    assert _names(middle) == {"last": "2026-02-27"}


def test_the_same_season_s_run_lies_nearest_to_a_year_before(made):
    for as_of in (date(2025, 1, 20), date(2025, 2, 20), date(2025, 3, 5), date(2025, 3, 20), date(2026, 3, 1)):
        made(as_of)
    now = made(date(2026, 3, 2))
    assert _names(now) == {"season": "2025-03-05", "last": "2026-03-01"}
    assert _names(now, tolerance=2) == {"last": "2026-03-01"}


def test_the_run_that_fitted_the_model_is_another_reference(made):
    fit = made(date(2026, 2, 1))
    assert _names(made(date(2026, 2, 2), fit.run.run_id)) == {"last": "2026-02-01"}
    assert _names(made(date(2026, 2, 3), fit.run.run_id)) == {"last": "2026-02-02", "fit": "2026-02-01"}
    assert _names(made(date(2026, 2, 4))) == {"last": "2026-02-03"}


def test_a_run_whose_manifest_was_changed_is_passed_over(made, tmp_path):
    made(date(2026, 2, 27))
    broken = made(date(2026, 2, 28))
    now = made(date(2026, 3, 1))
    with open(broken.run.path("manifest.json"), "a") as file:
        file.write(" ")
    assert _names(now) == {"last": "2026-02-27"}
    assert published(now.run.root) == now.run


def test_a_manifest_tells_what_customers_are_compared_by(made):
    now = made(date(2026, 3, 2))
    assert (now.used, now.is_new_model, now.has_fixed_as_of) == (("spend",), True, False)


def _known(as_of, started_at, **more):
    return Known(Run("root", "r"), as_of, started_at, "r", **more)


@pytest.mark.parametrize(
    ("as_of", "nights_later", "until"),
    [
        (date(2026, 3, 3), 1, date(2026, 3, 3)),
        (date(2026, 3, 2), 1, date(2026, 3, 3)),
        (date(2026, 3, 2), 0, date(2026, 3, 2)),
        (date(2026, 3, 5), 1, date(2026, 3, 5)),
        (date(2026, 3, 2), 30, date(2026, 3, 9)),
    ],
)
def test_as_many_days_should_have_come_in_as_nights_have_passed(as_of, nights_later, until):
    last = _known(date(2026, 3, 2), NIGHT)
    assert expected_until(_known(as_of, NIGHT + timedelta(days=nights_later)), last) == until


def test_a_log_of_the_past_and_a_day_that_is_given_wait_for_nothing():
    later = NIGHT + timedelta(days=3)
    assert expected_until(_known(date(2011, 12, 10), later), _known(date(2011, 12, 10), NIGHT)) == date(2011, 12, 10)
    fixed = _known(date(2026, 3, 2), later, has_fixed_as_of=True)
    assert expected_until(fixed, _known(date(2026, 3, 2), NIGHT)) == date(2026, 3, 2)
    assert expected_until(_known(date(2026, 3, 2), later), None) == date(2026, 3, 2)
