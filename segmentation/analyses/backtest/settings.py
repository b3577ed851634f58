"""Settings of the backtest."""

from datetime import date
from typing import Annotated

from pydantic import Field

from segmentation.settings.section import SettingsSection


class BacktestSettings(SettingsSection):
    """Whether segments predict behaviour: customers segmented as of a past day, against what they did next."""

    cutoff: date | None = None
    """The past day: segments are fitted on what came before it. Default: no backtest."""
    horizon_days: Annotated[int, Field(ge=1, le=3660)] = 90
    """Days from the cutoff whose behaviour is compared."""
