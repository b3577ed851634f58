"""Up to which day the orders of a run should be there."""

from datetime import UTC, date, datetime, timedelta

import pytest

from segmentation.analyses.monitoring.checks import expected_until
from segmentation.fitted.references import ReferenceRun
from segmentation.publish.run import Run

NIGHT = datetime(2026, 3, 2, 3, tzinfo=UTC)


def _run(as_of, started_at, **more):
    return ReferenceRun(Run("root", "r"), as_of, started_at, "r", **more)


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
    last = _run(date(2026, 3, 2), NIGHT)
    assert expected_until(_run(as_of, NIGHT + timedelta(days=nights_later)), last) == until


def test_a_log_of_the_past_and_a_day_that_is_given_wait_for_nothing():
    later = NIGHT + timedelta(days=3)
    assert expected_until(_run(date(2011, 12, 10), later), _run(date(2011, 12, 10), NIGHT)) == date(2011, 12, 10)
    fixed = _run(date(2026, 3, 2), later, has_fixed_as_of=True)
    assert expected_until(fixed, _run(date(2026, 3, 2), NIGHT)) == date(2026, 3, 2)
    assert expected_until(_run(date(2026, 3, 2), later), None) == date(2026, 3, 2)
