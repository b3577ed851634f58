"""Backtest: whether segments of a past day predict what their customers did next, compared with RFM and with random groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import numpy as np
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.backtest.outcomes import REPURCHASE, customer_outcomes, outcome_sums, quantile_group, random_group, with_outcomes
from segmentation.analyses.backtest.predictability import MAX_CUSTOMERS, Predictions, predict_outcomes
from segmentation.analyses.backtest.section import backtest_section
from segmentation.analyses.backtest.settings import BacktestSettings
from segmentation.analyses.backtest.tables import (
    BACKTEST_METRICS,
    BACKTEST_SEGMENTS,
    BOUND,
    RANDOM,
    RFM,
    RFM_SCORE,
    SEGMENTS,
    SPEND_DECILES,
)
from segmentation.analyses.backtest.variance_explained import backtest_metrics, backtest_segments, bound_metrics
from segmentation.clustering import k_sweep
from segmentation.clustering.full_fit import fit_from_centers, repartition_deterministically
from segmentation.context import RunContext, run_concurrently
from segmentation.errors import InputError
from segmentation.features.preparation import learn_preparation, preparation_pipeline
from segmentation.features.purchases import counted_months, customer_totals, purchase_features
from segmentation.features.selection import used_features
from segmentation.fitted.customer_features import CustomerFeatures
from segmentation.fitted.segments import FittedSegments
from segmentation.ingest.log import IngestedLog
from segmentation.ingest.orders import orders_as_of
from segmentation.privacy.cell_suppression import suppressed_in_grid
from segmentation.privacy.suppression import reveals_small_group, with_nulls
from segmentation.profiling.aggregates import feature_columns, segment_aggregates, segment_profile, segment_summary
from segmentation.profiling.naming import name_segments
from segmentation.profiling.rfm_scores import RFM_RULE, RULES, as_double, cut_points, rfm_score, with_rfm
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.schemas import AS_OF, LAST_LINE_AT, MONETARY_NET, ORDERED_AT, RUN_ID, SEGMENT_ID, VECTOR, Record, Records
from segmentation.settings import Settings

GROUPINGS = (SEGMENTS, RFM, RFM_SCORE, SPEND_DECILES, RANDOM)
_DECILES = 10


@dataclass(frozen=True)
class BacktestWindow:
    """The horizon: days from the cutoff to before `until`."""

    cutoff: date
    until: date


@dataclass(frozen=True)
class BacktestResult:
    """What a backtest collects from Spark."""

    # Customers with a purchase before the cutoff.
    customers: int
    # Orders begun before the cutoff with lines from then on.
    straddling_orders: int
    # As `outcomes.outcome_sums`.
    sums: list[Row]
    bound: Predictions
    # Of the groups that are listed one by one, by grouping and number.
    names: dict[str, dict[int, str]]


def backtest_window(settings: BacktestSettings, log: IngestedLog) -> BacktestWindow | None:
    """The horizon; None without a cutoff, or without an accepted line.

    Raises InputError where the log begins too late, or ends too early.
    """
    cutoff, first, last = settings.cutoff, log.order_summary.first_line_at or "", log.order_summary.last_day
    if cutoff is None or last is None:
        return None
    if first >= str(cutoff):
        raise InputError(f"backtest.cutoff: the log has no line before {cutoff}, its first is of {first}: set a later cutoff")
    days, asked = max(0, (last - cutoff).days + 1), settings.horizon_days
    if days < asked:
        raise InputError(
            f"backtest.cutoff: the log has {days:,} days from {cutoff} on, and backtest.horizon_days asks for {asked:,}: "
            f"set an earlier cutoff, {last - timedelta(days=asked - 1)} at the latest, or fewer days"
        )
    return BacktestWindow(cutoff, cutoff + timedelta(days=asked))


def run_backtest(context: RunContext, log: IngestedLog, window: BacktestWindow, k: int) -> BacktestResult:
    """Segment the customers of the cutoff into k segments, and sum up what each group did in the horizon.

    Raises InputError where fewer customers than segments had bought before the cutoff.
    """
    cutoff = F.lit(window.cutoff).cast("timestamp")
    orders = context.cache(orders_as_of(log.orders, window.cutoff))
    features = context.cache(_features(context, orders, window.cutoff, log.slugs))
    count = features.count()
    if count < k:
        raise InputError(
            f"backtest.cutoff: {count} of the customers had bought before {window.cutoff}, too few for {k} segments, and the first line is "
            f"of {log.order_summary.first_line_at}: set a later cutoff"
        )
    segmented = _with_segments(context, features, count, k)
    later_orders = orders_as_of(log.orders, window.until).where(F.col(ORDERED_AT) >= cutoff)
    customers = context.cache(with_outcomes(segmented, customer_outcomes(later_orders)))
    straddling, segment_names, sums, bound = run_concurrently(
        orders.where(F.col(LAST_LINE_AT) >= cutoff).count,
        partial(_segment_names, context, log, segmented, feature_columns(features)),
        partial(_outcome_sums, context, customers, k),
        partial(_bound, context, customers, count),
    )
    names = {
        SEGMENTS: segment_names,
        RFM: {number: rule.name for number, rule in enumerate(RULES, start=1)},
        RANDOM: {number: f"Random group {number}" for number in range(1, k + 1)},
    }
    return BacktestResult(count, straddling, sums, bound, names)


def _features(context: RunContext, orders: DataFrame, cutoff: date, slugs: tuple[str, ...]) -> DataFrame:
    return purchase_features(customer_totals(orders, slugs, counted_months(context.settings.features)), cutoff, slugs)


def _with_segments(context: RunContext, features: DataFrame, count: int, k: int) -> DataFrame:
    """Customers with `segment_id` of a model that is fitted without anything from the cutoff on."""
    settings = context.settings.clustering.model_copy(update={"k": k})
    customers = context.cache(repartition_deterministically(features, count, settings))
    used = used_features(context.settings.features, features.columns)
    prepared = learn_preparation(customers, used, context.settings.features.block_weights)
    vectors = context.cache(preparation_pipeline(prepared).transform(customers).select(*features.columns, VECTOR))
    points = k_sweep.collect_points(k_sweep.clustering_sample(vectors, count, settings))
    fits = k_sweep.sweep(points, k_sweep.candidate_ks(points, settings), settings, lambda _done, _of: None)
    return context.cache(fit_from_centers(vectors, k_sweep.lowest_wcss(fits).centers, settings))


def _outcome_sums(context: RunContext, customers: DataFrame, k: int) -> list[Row]:
    seed, cuts = context.settings.clustering.seed, cut_points(customers)
    groupings = {
        SEGMENTS: F.col(SEGMENT_ID),
        RFM: F.col(RFM_RULE),
        RFM_SCORE: quantile_group(customers, rfm_score(cuts), k),
        SPEND_DECILES: quantile_group(customers, as_double(MONETARY_NET), _DECILES),
        RANDOM: random_group(k, seed),
    }
    return outcome_sums(with_rfm(customers, cuts), groupings, seed)


def _bound(context: RunContext, customers: DataFrame, count: int) -> Predictions:
    settings = context.settings
    features = [feature.name for feature in used_features(settings.features, customers.columns)]
    sample = k_sweep.hashed_sample(customers, count, MAX_CUSTOMERS, settings.clustering.seed, "predictability")
    return predict_outcomes(sample, features, settings.clustering.seed)


def _segment_names(context: RunContext, log: IngestedLog, customers: DataFrame, features: Sequence[str]) -> dict[int, str]:
    rows = segment_aggregates(customers, features)
    summary = segment_summary(rows, features, {AS_OF: None, RUN_ID: None})
    categories = {category.slug: category.name for category in log.categories}
    custom = context.settings.report.segment_names
    # Custom names need not be unique for the segments of another day.
    namings = name_segments(summary, segment_profile(rows, features), categories, {})
    return {segment: custom.get(naming.name, naming.name) for segment, naming in namings.items()}


def suppress_backtest(metrics: Sequence[Record], groups: Sequence[Record], min_group_size: int) -> tuple[Records, Records]:
    """Rows of both tables without small groups of customers, or of those among them who bought again or did not."""
    repurchase = [row for row in groups if row["outcome"] == REPURCHASE]
    is_size_suppressed: dict[tuple[str, int], bool] = {}
    is_mean_suppressed: dict[tuple[str, int], bool] = {}
    for grouping in dict.fromkeys(row["grouping"] for row in repurchase):
        rows = [row for row in repurchase if row["grouping"] == grouping]
        buyers = np.array([_buyers(row) for row in rows], dtype=np.int64)
        sizes = np.array([row["customers"] for row in rows], dtype=np.int64)
        suppressed = suppressed_in_grid(np.stack([buyers, sizes - buyers], axis=1), min_group_size)
        keys = [(grouping, row["group_id"]) for row in rows]
        is_size_suppressed |= dict(zip(keys, suppressed.rows, strict=True))
        is_mean_suppressed |= dict(zip(keys, map(any, suppressed.cells), strict=True))
    all_buyers = next(_buyers(row) for row in metrics if row["outcome"] == REPURCHASE)
    means = ["mean"] if reveals_small_group(all_buyers, metrics[0]["customers"], min_group_size) else []
    keys = [(row["grouping"], row["group_id"]) for row in groups]
    suppressed_groups = [_group_row(row, is_size_suppressed[key], is_mean_suppressed[key]) for key, row in zip(keys, groups, strict=True)]
    return [with_nulls(row, means) for row in metrics], suppressed_groups


def _buyers(row: Record) -> int:
    buyers: int = round(row["mean"] * row["customers"])
    return buyers


def _group_row(row: Record, is_size_suppressed: bool, is_mean_suppressed: bool) -> dict[str, object]:
    sizes = ["customers", "customer_share"] if is_size_suppressed else []
    return with_nulls(row, sizes + (["mean", "lift"] if is_size_suppressed or is_mean_suppressed else []))


class Backtest(Analysis):
    """Segments as of `backtest.cutoff`, as many as the run has, against repurchase, orders and spend in the days after it."""

    name = "backtest"
    tables = (BACKTEST_METRICS, BACKTEST_SEGMENTS)

    def is_enabled(self, settings: Settings) -> bool:
        """Where `backtest.cutoff` is set."""
        return settings.backtest.cutoff is not None

    def check_input(self, settings: Settings, source: CustomerFeatures) -> None:
        """The log must reach to either side of the cutoff."""
        if source.log:
            backtest_window(settings.backtest, source.log)

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
            BACKTEST_METRICS.name: [*backtest_metrics(result.sums, GROUPINGS), *bound_metrics(result.sums, result.bound, SEGMENTS, BOUND)],
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
