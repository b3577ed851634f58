"""The published run's model on live orders: the segments of the customers touched, or of all where the day or the model has changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.clustering.assignment import with_distances, with_previous_kept
from segmentation.context import RunContext
from segmentation.errors import SettingsError
from segmentation.features.purchases import purchase_features
from segmentation.ingest.categories import Category
from segmentation.ingest.live import only_those
from segmentation.ingest.orders import standing
from segmentation.publish.integrity import sealed_manifest
from segmentation.publish.run import Run
from segmentation.publish.states import found_run
from segmentation.schemas import (
    AS_OF,
    BREADTH_PRODUCTS,
    CUSTOMER_ID,
    CUSTOMER_SEGMENTS,
    INT,
    LAST_LINE_AT,
    PREVIOUS_SEGMENT_ID,
    RUN_ID,
    SEGMENT_ID,
    SEGMENT_NAME,
    SPEND_E4_PREFIX,
)
from segmentation.settings import Settings
from segmentation.workflows.customers import totals_of
from segmentation.workflows.live import cut
from segmentation.workflows.models import Model, model_of
from segmentation.workflows.predecessor import predecessor_of


@dataclass(frozen=True)
class LiveModel:
    """What live segments come from.

    Parameters
    ----------
    run
        The published run: who was in which segment.
    model
        Its model.
    manifest
        Its manifest.
    """

    run: Run
    model: Model
    manifest: Mapping[str, Any]

    @property
    def categories(self) -> tuple[Category, ...]:
        """Those told apart: a stream cannot know which would lead."""
        return self.model.categories


@dataclass(frozen=True)
class Scored:
    """What live segments are: of which days and runs, all of them the same unless a scoring was cut off; and how many rows were changed."""

    of: frozenset[tuple[date, str]] = frozenset()
    rows: int = 0


def live_model(settings: Settings, last: LiveModel | None = None) -> LiveModel:
    """The published run's model, for customers known by their purchases.

    Parameters
    ----------
    settings
        With the output's root.
    last
        What was found before: while the same run is published, nothing is read again.

    Raises
    ------
    InputError
        No run is published.
    SettingsError
        It compares customers by what a stream does not tell.
    IntegrityError
        The run is not as it was sealed.
    """
    run = found_run(settings.output.path, None)
    if last and run == last.run:
        return last
    found = LiveModel(run, model_of(run), sealed_manifest(run))
    if fault := _fault(found):
        raise SettingsError(f"{run.path()}: {fault}")
    return found


def _fault(found: LiveModel) -> str | None:
    features = {prepared.feature.name: prepared.feature.block for prepared in found.model.prepared}
    if attributes := [name for name, block in features.items() if block == "attributes"]:
        return f"its model compares customers by a customer table ({', '.join(attributes)}), of which a stream of lines tells nothing"
    if BREADTH_PRODUCTS in features and found.manifest["input"].get("distinct_products") == "counted":
        return (
            "its model compares customers by breadth_products as counted from all lines, and a stream estimates them: publish a run with "
            "features.exact_products_up_to_lines: 0"
        )
    return None


def as_of(orders: DataFrame, settings: Settings) -> date | None:
    """The day to describe: the one given, or the day after the last line that stands; None without any."""
    if settings.features.as_of:
        return settings.features.as_of
    last = standing(orders).agg(F.max(F.to_date(LAST_LINE_AT)).alias("day")).collect()[0]["day"]
    return min(last, date.max - timedelta(days=1)) + timedelta(days=1) if last else None


def rescore(
    context: RunContext, model: LiveModel, places: tuple[str, str], touched: DataFrame | None, last: Scored | None = None
) -> Scored:
    """Bring live segments up to date with live orders.

    Parameters
    ----------
    context
        The batch under way.
    model
        Of the published run.
    places
        Where live orders are, and live customer_segments.
    touched
        `customer_id` of those whose orders have changed; None for nobody. Where the day described or the model is not that of
        the last time, all customers are scored.
    last
        What they were scored as the last time, where that is known.
    """
    orders_at, segments_at = places
    orders, segments = storage.read_live(context.spark, orders_at), storage.live_table(context.spark, segments_at, CUSTOMER_SEGMENTS)
    _check_categories(orders, model, orders_at)
    day = as_of(orders, context.settings)
    if day is None:
        return Scored()
    is_like_last = (last.of if last else _scored_as(segments)) == {(day, model.run.run_id)}
    if is_like_last and touched is None:
        return Scored(frozenset({(day, model.run.run_id)}))
    if is_like_last and touched is not None:
        orders, segments = only_those(orders, touched), only_those(segments, touched)
    now = cut(context, segments_of(context, model, standing(orders), day))
    gone = segments.join(now.select(CUSTOMER_ID), CUSTOMER_ID, "left_anti").select(*now.columns)
    rows = cut(context, now.withColumn(storage.IS_GONE, F.lit(False)).unionByName(gone.withColumn(storage.IS_GONE, F.lit(True))))
    storage.merge(rows, segments_at, (CUSTOMER_ID,))
    return Scored(frozenset({(day, model.run.run_id)}), rows.count())


def _check_categories(orders: DataFrame, model: LiveModel, path: str) -> None:
    there = [name.removeprefix(SPEND_E4_PREFIX) for name in orders.columns if name.startswith(SPEND_E4_PREFIX)]
    if set(there) != {category.slug for category in model.categories}:
        raise SettingsError(
            f"{model.run.path()}: tells other categories apart than {path} does. Stop the stream, move the folder above away, "
            "and follow the log anew from its beginning"
        )


def segments_of(context: RunContext, live: LiveModel, orders: DataFrame, day: date) -> DataFrame:
    """customer_segments of the customers of some orders, as `segmentation score` would put them into segments now."""
    model, slugs = live.model, tuple(category.slug for category in live.categories)
    ids, centres = model.segments.ids, model.segments.centres
    features = purchase_features(totals_of(context, orders, slugs), day, slugs)
    before = predecessor_of(context)
    nobody = F.lit(None).cast(INT)
    known = (
        features.join(before.customers(context.spark), CUSTOMER_ID, "left") if before else features.withColumn(PREVIOUS_SEGMENT_ID, nobody)
    )
    kept = with_previous_kept(model.assigned(known), ids, centres, context.settings.clustering.switch_margin)
    name = F.element_at(F.create_map(*(F.lit(part) for pair in model.names.items() for part in pair)), F.col(SEGMENT_ID))
    stamped = with_distances(kept, ids, centres).withColumns({SEGMENT_NAME: name, AS_OF: F.lit(day), RUN_ID: F.lit(live.run.run_id)})
    return stamped.select(*CUSTOMER_SEGMENTS.names)


def _scored_as(segments: DataFrame) -> frozenset[tuple[date, str]]:
    """The days and runs that the live segments are of."""
    return frozenset({(row[AS_OF], row[RUN_ID]) for row in segments.groupBy(AS_OF, RUN_ID).count().collect()})
