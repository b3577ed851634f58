"""The analyses of a run, in the order of the page."""

from functools import cache
from importlib.metadata import entry_points

from segmentation.analyses.actions.actions import Actions
from segmentation.analyses.analysis import Analysis
from segmentation.analyses.backtest.backtest import Backtest
from segmentation.analyses.customer_map.customer_map import CustomerMap
from segmentation.analyses.data_quality.data_quality import DataQuality
from segmentation.analyses.drift.drift import Drift
from segmentation.analyses.fairness.fairness import Fairness
from segmentation.analyses.gate.gate import Gate
from segmentation.analyses.history.history import History
from segmentation.analyses.k_selection.k_selection import KSelection
from segmentation.analyses.migration.migration import Migration
from segmentation.analyses.monitoring.monitoring import Monitoring
from segmentation.analyses.profile.profile import Profile
from segmentation.analyses.recommendations.recommendations import Recommendations
from segmentation.analyses.rfm.rfm import Rfm
from segmentation.analyses.rules.rules import Rules
from segmentation.analyses.summary.summary import Summary
from segmentation.publish.tables import TableSpec
from segmentation.settings import Settings

ENTRY_POINTS = "segmentation.analyses"
"""Group of entry points under which other packages register analyses: each names a subclass of `Analysis`."""

BUILT_IN: tuple[Analysis, ...] = (
    Summary(),
    Actions(),
    Recommendations(),
    Profile(),
    Rules(),
    KSelection(),
    CustomerMap(),
    Backtest(),
    Rfm(),
    Monitoring(),
    Gate(),
    Migration(),
    History(),
    Drift(),
    Fairness(),
    DataQuality(),
)

_REGISTERED: list[Analysis] = []


def register(analysis: Analysis) -> None:
    """Add an analysis of your own to all runs of this process, after the built-in ones.

    Raises
    ------
    ValueError
        Another analysis has its name, or one of its tables.
    """
    taken = {other.name for other in all_analyses()}, {spec.name for spec in all_tables()}
    if analysis.name in taken[0]:
        raise ValueError(f"an analysis called {analysis.name} is registered already")
    if doubled := [spec.name for spec in analysis.tables if spec.name in taken[1]]:
        raise ValueError(f"{analysis.name}: tables of these names are published already: {', '.join(doubled)}")
    _REGISTERED.append(analysis)


def unregister(name: str) -> None:
    """Take an analysis that `register` added out again."""
    _REGISTERED[:] = [analysis for analysis in _REGISTERED if analysis.name != name]


def all_analyses() -> tuple[Analysis, ...]:
    """Built-in analyses, those of installed packages, and those that were registered."""
    return (*BUILT_IN, *_installed(), *_REGISTERED)


def enabled_analyses(settings: Settings) -> tuple[Analysis, ...]:
    """Those that the settings ask for."""
    return tuple(analysis for analysis in all_analyses() if analysis.is_enabled(settings))


def all_tables() -> tuple[TableSpec, ...]:
    """Declarations of every table that any run may publish."""
    return tuple(spec for analysis in all_analyses() for spec in analysis.tables)


@cache
def _installed() -> tuple[Analysis, ...]:
    return tuple(point.load()() for point in entry_points(group=ENTRY_POINTS))
