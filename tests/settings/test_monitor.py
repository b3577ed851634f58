"""Thresholds of the monitor are strict, and fit each other."""

import pytest

from segmentation.errors import SettingsError
from segmentation.settings import validated
from segmentation.settings.monitor import FeedSettings, MonitorSettings

LOG = {"input": {"format": "csv", "path": "log.csv", "columns": {"customer_id": "c", "ordered_at": "t", "amount": "a"}}}


def test_days_on_which_the_shop_was_closed_are_dates():
    settings = validated({**LOG, "monitor": {"feed": {"closed_on": ["2025-12-25"]}}})
    assert [day.isoformat() for day in settings.monitor.feed.closed_on] == ["2025-12-25"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"feed": {"recent_days": 28}}, "recent_days must be no more than half of feed.baseline_weeks"),
        ({"feed": {"deviations": 1}}, "monitor.feed.deviations"),
        ({"feed": {"currency_factor": 1}}, "monitor.feed.currency_factor"),
        ({"largest_psi": 0}, "monitor.largest_psi"),
        ({"largest_far": 0.1}, "largest_far"),
    ],
)
def test_what_is_impossible_is_a_fault_of_the_settings(given, told):
    if given == {"feed": {"recent_days": 28}}:
        given["feed"]["baseline_weeks"] = 7
    with pytest.raises(SettingsError, match=told):
        validated({**LOG, "monitor": given})


def test_the_defaults_are_sound():
    assert MonitorSettings().feed == FeedSettings()
