"""Thresholds of monitoring are strict, and fit each other."""

import pytest

from segmentation.analyses.monitoring.settings import FeedSettings, MonitorSettings
from segmentation.errors import SettingsError
from segmentation.settings import settings_from_dict

LOG = {"input": {"format": "csv", "path": "log.csv", "columns": {"customer_id": "c", "ordered_at": "t", "amount": "a"}}}


def test_holidays_are_dates():
    settings = settings_from_dict({**LOG, "monitor": {"feed": {"holidays": ["2025-12-25"]}}})
    assert [day.isoformat() for day in settings.monitor.feed.holidays] == ["2025-12-25"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"feed": {"recent_days": 28}}, "recent_days must be no more than half of feed.baseline_weeks"),
        ({"feed": {"max_deviations": 1}}, "monitor.feed.max_deviations"),
        ({"feed": {"currency_factor": 1}}, "monitor.feed.currency_factor"),
        ({"max_psi": 0}, "monitor.max_psi"),
        ({"max_far": 0.1}, "max_far"),
    ],
)
def test_impossible_thresholds_are_rejected(given, message):
    if given == {"feed": {"recent_days": 28}}:
        given["feed"]["baseline_weeks"] = 7
    with pytest.raises(SettingsError, match=message):
        settings_from_dict({**LOG, "monitor": given})


def test_the_defaults_are_sound():
    assert MonitorSettings().feed == FeedSettings()
