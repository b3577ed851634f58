"""Backtest: whether segments of a past day predict what their customers did next, compared with RFM and with random groups."""

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.backtest.compute import backtest_window, run_backtest
from segmentation.analyses.backtest.section import backtest_section
from segmentation.analyses.backtest.suppression import suppress_backtest
from segmentation.analyses.backtest.tables import BACKTEST_METRICS, BACKTEST_SEGMENTS
from segmentation.analyses.backtest.variance_explained import backtest_metrics, backtest_segments
from segmentation.context import RunContext
from segmentation.fitted.segments import FittedSegments
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.settings import Settings


class Backtest(Analysis):
    """Segments as of `backtest.cutoff`, as many as the run has, against repurchase, orders and spend in the days after it."""

    name = "backtest"
    tables = (BACKTEST_METRICS, BACKTEST_SEGMENTS)

    def is_enabled(self, settings: Settings) -> bool:
        """Where `backtest.cutoff` is set."""
        return settings.backtest.cutoff is not None

    def compute(self, context: RunContext, segments: FittedSegments) -> Result | None:
        """A second fit, on the orders before the cutoff; nothing without a log."""
        log = segments.source.log
        window = backtest_window(context.settings.backtest, log) if log else None
        if log is None or window is None:
            return None
        k = len(segments.segments.sizes)
        result = run_backtest(context, log, window, k)
        facts = {
            "cutoff": str(window.cutoff),
            "until": str(window.until),
            "horizon_days": (window.until - window.cutoff).days,
            "customers": result.customers,
            "segments": k,
            "straddling_orders": result.straddling_orders,
        }
        tables = {
            BACKTEST_METRICS.name: backtest_metrics(result.sums, list(result.names)),
            BACKTEST_SEGMENTS.name: backtest_segments(result.sums, result.names),
        }
        return Result(tables, facts, counts={"customers": result.customers, "segments": k})

    def suppress(self, result: Result, min_group_size: int) -> Result:
        """Suppress small groups of customers, and of those among them who bought again or did not."""
        metrics, groups = suppress_backtest(result.rows(BACKTEST_METRICS.name), result.rows(BACKTEST_SEGMENTS.name), min_group_size)
        return result.with_tables(**{BACKTEST_METRICS.name: metrics, BACKTEST_SEGMENTS.name: groups})

    def section(self, result: Result, data: ReportData) -> Section:
        """Which grouping predicts what better, and what each group did next."""
        return backtest_section(data)
