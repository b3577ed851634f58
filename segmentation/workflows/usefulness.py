"""Whether the segments tell what comes next: made anew as of a day of the past, and held against what followed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from segmentation.clustering import sweep as sweeping
from segmentation.context import RunContext, run_concurrently
from segmentation.errors import InputError
from segmentation.features.preparation import learn_preparation, preparation_pipeline
from segmentation.features.purchases import purchase_features
from segmentation.features.selection import used_features
from segmentation.ingest.accounting import Stock
from segmentation.ingest.orders import standing_at
from segmentation.insight.naming import named_segments
from segmentation.insight.outcomes import group_sums, outcomes_of, random_group, with_outcomes
from segmentation.insight.profile import features_of, gathered, segment_profile, segment_summary
from segmentation.insight.rfm import RFM_PLACE, RULES, cut_points, with_rfm
from segmentation.insight.usefulness import usefulness, usefulness_segments
from segmentation.privacy.crossed import outcomes_told
from segmentation.publish.promise import Promise
from segmentation.schemas import (
    AS_OF,
    LAST_LINE_AT,
    ORDERED_AT,
    RUN_ID,
    SEGMENT_ID,
    USEFULNESS,
    USEFULNESS_SEGMENTS,
    VECTOR,
)
from segmentation.settings import UsefulnessSettings
from segmentation.workflows.customers import totals_of
from segmentation.workflows.grouping import Grouped, fitted, placed
from segmentation.workflows.ingestion import Ingested
from segmentation.workflows.small_groups import counted

OURS, RFM, RANDOM = "segments", "rfm", "random"


@dataclass(frozen=True)
class Window:
    """What is foretold: the days from the cut to before `until`."""

    cut: date
    until: date


@dataclass(frozen=True)
class Outlook:
    """What came of looking; empty where nobody asked.

    Parameters
    ----------
    told
        For the manifest.
    rows, segments
        Rows of usefulness and of usefulness_segments.
    kept_back
        How many values each keeps back, by name.
    """

    told: dict[str, Any] | None = None
    rows: tuple[dict[str, Any], ...] = ()
    segments: tuple[dict[str, Any], ...] = ()
    kept_back: Mapping[str, int] = field(default_factory=dict)

    def promises(self) -> Mapping[str, Promise]:
        """What its tables must be."""
        if self.told is None:
            return {}
        unmeasured = ("mean",) if "usefulness" in self.kept_back else ()
        optional = (*unmeasured, "eta_squared", "epsilon_squared", "standard_error", "segments_ahead", "segments_ahead_error")
        few = ("customers", "customer_share", "mean", "lift") if "usefulness_segments" in self.kept_back else ("lift",)
        return {
            "usefulness": Promise(len(self.rows), ("grouping", "outcome"), USEFULNESS, optional),
            "usefulness_segments": Promise(len(self.segments), ("grouping", "group_id", "outcome"), USEFULNESS_SEGMENTS, few),
        }


def window_of(settings: UsefulnessSettings, log: Ingested | None) -> Window | None:
    """The days to foretell, None where nobody asked or there is no log.

    Raises
    ------
    InputError
        The log does not reach that far, or begins too late.
    """
    if settings.cut is None or log is None or log.stock.last_day is None:
        return None
    cut, first, last = settings.cut, log.stock.first_line_at or "", log.stock.last_day
    if first < str(cut):
        _check_days_after(cut, settings.days, last)
        return Window(cut, cut + timedelta(days=settings.days))
    raise InputError(f"usefulness.cut: the log has no line before {cut}, its first is of {first}: set a later cut")


def _check_days_after(cut: date, asked: int, last: date) -> None:
    days = max(0, (last - cut).days + 1)
    if days < asked:
        raise InputError(
            f"usefulness.cut: the log has {days:,} days from {cut} on, and usefulness.days asks for {asked:,}: "
            f"set an earlier cut, {last - timedelta(days=asked - 1)} at the latest, or fewer days"
        )


def looked_ahead(context: RunContext, log: Ingested, groups: Grouped, window: Window) -> Outlook:
    """Segment the customers of the cut anew, as many segments as published, and hold them against what followed."""
    with context.run_log.stage("usefulness") as stage:
        before = context.cache(standing_at(log.orders, window.cut))
        k = len(groups.segments.sizes)
        features, count = _features(context, log, before, window.cut)
        _check_customers(count, k, window.cut, log.stock)
        customers = _segmented(context, features, count, k)
        cut = F.lit(window.cut).cast("timestamp")
        straddling, names, sums = run_concurrently(
            before.where(F.col(LAST_LINE_AT) >= cut).count,
            partial(_names, context, log, customers, features_of(features)),
            partial(_sums, context, customers, standing_at(log.orders, window.until).where(F.col(ORDERED_AT) >= cut), k),
        )
        stage.count(customers=count, segments=k)
    random = [f"Random group {number}" for number in range(1, k + 1)]
    all_names = {OURS: names, RFM: _numbered([rule.name for rule in RULES]), RANDOM: _numbered(random)}
    told = {"cut": str(window.cut), "until": str(window.until), "days": (window.until - window.cut).days}
    told |= {"customers": count, "segments": k, "straddling_orders": straddling}
    return _told(told, usefulness(sums, list(all_names)), usefulness_segments(sums, all_names), context.settings.privacy.smallest_group)


def _told(told: dict[str, Any], rows: list[dict[str, Any]], segments: list[dict[str, Any]], smallest_group: int) -> Outlook:
    """What came of looking, without small groups."""
    if smallest_group == 1:
        return Outlook(told, tuple(rows), tuple(segments))
    kept, kept_segments = outcomes_told(rows, segments, smallest_group)
    back = counted({"usefulness": (rows, kept), "usefulness_segments": (segments, kept_segments)})
    return Outlook(told, tuple(kept), tuple(kept_segments), back)


def write_outlook(context: RunContext, outlook: Outlook) -> None:
    """The tables usefulness and usefulness_segments, where somebody asked."""
    if outlook.told is None:
        return
    context.write_rows("usefulness", outlook.rows, USEFULNESS)
    context.write_rows("usefulness_segments", outlook.segments, USEFULNESS_SEGMENTS)


def _features(context: RunContext, log: Ingested, before: DataFrame, cut: date) -> tuple[DataFrame, int]:
    """Features as of the cut, and how many customers there were."""
    features = context.cache(purchase_features(totals_of(context, before, log.slugs), cut, log.slugs))
    return features, features.count()


def _check_customers(count: int, k: int, cut: date, stock: Stock) -> None:
    if count < k:
        raise InputError(
            f"usefulness.cut: {count} of the customers had bought before {cut}, too few for {k} segments, and the first line is of "
            f"{stock.first_line_at}: set a later cut"
        )


def _segmented(context: RunContext, features: DataFrame, count: int, k: int) -> DataFrame:
    """Customers with `segment_id` of a model that knows nothing from the cut on."""
    settings = context.settings.clustering.model_copy(update={"segments": k})
    customers = context.cache(placed(features, count, settings))
    prepared = learn_preparation(
        customers, used_features(context.settings.features, features.columns), context.settings.features.block_weights
    )
    vectors = context.cache(preparation_pipeline(prepared).transform(customers).select(*features.columns, VECTOR))
    points = sweeping.points_of(sweeping.sampled(vectors, count, settings))
    fits = sweeping.sweep(points, sweeping.candidate_counts(points, settings), settings, _unheard)
    return context.cache(fitted(vectors, sweeping.best_of(fits).centres, settings))


def _unheard(done: int, of: int) -> None:
    """Of a second fit nobody is told how far it is."""


def _sums(context: RunContext, customers: DataFrame, after: DataFrame, k: int) -> list[Row]:
    """What each group did, added up."""
    seed = context.settings.clustering.seed
    groupings = {OURS: F.col(SEGMENT_ID), RFM: F.col(RFM_PLACE), RANDOM: random_group(k, seed)}
    return group_sums(with_outcomes(with_rfm(customers, cut_points(customers)), outcomes_of(after)), groupings, seed)


def _names(context: RunContext, log: Ingested, customers: DataFrame, features: tuple[str, ...]) -> dict[int, str]:
    rows = gathered(customers, features)
    summary = segment_summary(rows, features, {AS_OF: None, RUN_ID: None})
    categories = {category.slug: category.name for category in log.categories}
    own = context.settings.report.segment_names
    # A retailer's own names need not be unique for segments of another day.
    namings = named_segments(summary, segment_profile(rows, features), categories, {})
    return {segment: own.get(naming.name, naming.name) for segment, naming in namings.items()}


def _numbered(names: list[str]) -> dict[int, str]:
    return dict(enumerate(names, start=1))
