"""The published run's model on live orders: the segments of the customers touched, or of all where the day or the model has changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.clustering.assignment import apply_switch_hysteresis, segment_name, with_distances
from segmentation.context import RunContext
from segmentation.errors import SettingsError
from segmentation.features.purchases import counted_months, customer_totals, purchase_features
from segmentation.fitted.model import SegmentModel, load_model
from segmentation.fitted.references import find_predecessor
from segmentation.fitted.tables import CUSTOMER_SEGMENTS
from segmentation.ingest.orders import active_orders
from segmentation.publish.run import Run
from segmentation.publish.run_state import resolve_run
from segmentation.publish.seal import load_sealed_manifest
from segmentation.schemas import (
    AS_OF,
    BREADTH_PRODUCTS,
    CUSTOMER_ID,
    INT,
    LAST_LINE_AT,
    PREVIOUS_SEGMENT_ID,
    RUN_ID,
    SEGMENT_NAME,
    SPEND_E4_PREFIX,
    Category,
)
from segmentation.settings import Settings
from segmentation.stream.lines import rows_matching
from segmentation.stream.micro_batch import truncate_lineage


@dataclass(frozen=True)
class LiveModel:
    """The published run, with its model and manifest."""

    run: Run
    model: SegmentModel
    manifest: Mapping[str, Any]

    @property
    def categories(self) -> tuple[Category, ...]:
        """Categories of the model; a stream cannot derive its own."""
        return self.model.categories


@dataclass(frozen=True)
class LiveScores:
    """The state of the live segments, and the number of rows that a scoring changed."""

    state: frozenset[tuple[date, str]] = frozenset()  # days and runs that rows are of: one pair, unless a scoring was interrupted
    rows: int = 0


def load_live_model(settings: Settings, previous: LiveModel | None = None) -> LiveModel:
    """The published run's model, if customers can be scored by purchases alone.

    While the same run is published as in `previous`, nothing is read again.

    Raises
    ------
    InputError
        No run is published.
    SettingsError
        The model compares customers by something that a stream does not provide.
    IntegrityError
        The run is not as it was sealed.
    """
    run = resolve_run(settings.output.path, None)
    if previous and run == previous.run:
        return previous
    loaded = LiveModel(run, load_model(run), load_sealed_manifest(run))
    if fault := _fault(loaded):
        raise SettingsError(f"{run.path()}: {fault}")
    return loaded


def _fault(live: LiveModel) -> str | None:
    features = {prepared.feature.name: prepared.feature.block for prepared in live.model.prepared}
    if attributes := [name for name, block in features.items() if block == "attributes"]:
        return f"its model compares customers by a customer table ({', '.join(attributes)}), which a stream of lines does not provide"
    if BREADTH_PRODUCTS in features and live.manifest["input"].get("distinct_products") == "counted":
        return (
            "its model compares customers by breadth_products as counted from all lines, and a stream estimates them: publish a run with "
            "features.exact_products_max_lines: 0"
        )
    return None


def day_described(orders: DataFrame, settings: Settings) -> date | None:
    """The day to describe: `features.as_of`, or the day after the last active line; None without any."""
    if settings.features.as_of:
        return settings.features.as_of
    last = active_orders(orders).agg(F.max(F.to_date(LAST_LINE_AT)).alias("day")).collect()[0]["day"]
    return min(last, date.max - timedelta(days=1)) + timedelta(days=1) if last else None


def update_segments(
    context: RunContext, live: LiveModel, paths: tuple[str, str], changed: DataFrame | None, previous: LiveScores | None = None
) -> LiveScores:
    """Bring live segments up to date with live orders.

    `paths` are those of live orders and of live customer_segments. `changed` has the `customer_id` of those whose orders have changed,
    or is None. Where the day described or the model has changed, all customers are scored.
    """
    orders, segments = (
        storage.read_delta(context.spark, paths[0]),
        storage.load_or_create_delta(context.spark, paths[1], CUSTOMER_SEGMENTS.schema),
    )
    _check_categories(orders, live, paths[0])
    day = day_described(orders, context.settings)
    if day is None:
        return LiveScores()
    state = frozenset({(day, live.run.run_id)})
    if (previous.state if previous else _state_of(segments)) == state:
        if changed is None:
            return LiveScores(state)
        orders, segments = rows_matching(orders, changed), rows_matching(segments, changed)
    scored = truncate_lineage(context, live_segments(context, live, active_orders(orders), day))
    without_orders = segments.join(scored.select(CUSTOMER_ID), CUSTOMER_ID, "left_anti").select(*scored.columns)
    updates = {False: scored, True: without_orders}
    rows = reduce(DataFrame.unionByName, (frame.withColumn(storage.IS_DELETED, F.lit(deleted)) for deleted, frame in updates.items()))
    rows = truncate_lineage(context, rows)
    storage.merge_rows(rows, paths[1], (CUSTOMER_ID,))
    return LiveScores(state, rows.count())


def _check_categories(orders: DataFrame, live: LiveModel, path: str) -> None:
    slugs = {name.removeprefix(SPEND_E4_PREFIX) for name in orders.columns if name.startswith(SPEND_E4_PREFIX)}
    if slugs != {category.slug for category in live.categories}:
        raise SettingsError(
            f"{live.run.path()}: has other categories than {path}. Stop the stream, move the folder above away, and process the log again "
            "from its beginning"
        )


def live_segments(context: RunContext, live: LiveModel, orders: DataFrame, day: date) -> DataFrame:
    """Rows of customer_segments for the customers of some orders, as `segmentation score` would assign them now."""
    model, slugs = live.model, tuple(category.slug for category in live.categories)
    ids, centers = model.segments.ids, model.segments.centers
    features = purchase_features(customer_totals(orders, slugs, counted_months(context.settings.features)), day, slugs)
    predecessor = find_predecessor(context)
    known = (
        predecessor.with_previous_segments(context.spark, features)
        if predecessor
        else features.withColumn(PREVIOUS_SEGMENT_ID, F.lit(None).cast(INT))
    )
    assigned = apply_switch_hysteresis(model.assigned(known), ids, centers, context.settings.clustering.switch_margin)
    stamps = {SEGMENT_NAME: segment_name(model.names), AS_OF: F.lit(day), RUN_ID: F.lit(live.run.run_id)}
    return with_distances(assigned, ids, centers).withColumns(stamps).select(*CUSTOMER_SEGMENTS.schema.names)


def _state_of(segments: DataFrame) -> frozenset[tuple[date, str]]:
    """The days and runs that the live segments are of."""
    return frozenset({(row[AS_OF], row[RUN_ID]) for row in segments.groupBy(AS_OF, RUN_ID).count().collect()})
