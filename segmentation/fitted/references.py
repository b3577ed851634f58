"""Earlier runs that a run is compared with: the previous one, that of the same season a year before, and the one that fitted its model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.context import RunContext
from segmentation.errors import IntegrityError
from segmentation.features.preparation import PreparedFeature
from segmentation.fitted.tables import CUSTOMER_SEGMENTS
from segmentation.profiling.psi import FeatureDrift, psi_table, segment_deciles
from segmentation.publish.publications import publication_history, publish_events
from segmentation.publish.run import Run, latest_rewrite_id, original_id, published_run
from segmentation.publish.seal import load_sealed_manifest, published_manifest
from segmentation.schemas import AS_OF, CUSTOMER_ID, PREVIOUS_SEGMENT_ID, SEGMENT_ID, SEGMENT_NAME

LAST, SEASON, FIT = "last", "season", "fit"
"""Names of references: the previous run, that of the same season a year before, and the one that fitted the model."""
_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class ReferenceRun:
    """A run that takes part in a comparison; the run in progress is one, too."""

    run: Run
    # The day that its features describe.
    as_of: date
    started_at: datetime
    model_run_id: str
    # Features that customers are clustered by.
    used_features: tuple[str, ...] = ()
    # Whether the settings name the day; otherwise it is the day of the last line.
    has_fixed_as_of: bool = False

    @property
    def is_new_model(self) -> bool:
        """Whether it fitted its own model."""
        return original_id(self.model_run_id) == original_id(self.run.run_id)

    def summary(self) -> list[dict[str, Any]]:
        """Rows of its segment_summary."""
        return storage.read_rows(self.run.path("segment_summary"))

    def features(self, spark: SparkSession) -> DataFrame:
        """Its customer_features."""
        return storage.read_table(spark, self.run.path("customer_features"))

    def orders(self, spark: SparkSession) -> DataFrame | None:
        """Its orders; None without a log."""
        return storage.read_table(spark, self.run.orders) if storage.exists(self.run.orders) else None

    def members(self, spark: SparkSession) -> DataFrame:
        """`segment_id` and features of each customer."""
        segments = storage.read_table(spark, self.run.path("customer_segments")).select(CUSTOMER_ID, SEGMENT_ID)
        return self.features(spark).drop(AS_OF).join(segments, CUSTOMER_ID).drop(CUSTOMER_ID)


def completed_run(run: Run, manifest: Mapping[str, Any]) -> ReferenceRun:
    """A run by its manifest; without the run of its model, as in old versions, it has fitted its own."""
    used = (feature["feature"] for feature in manifest["features"] if not feature["constant"] and feature["weight"] > 0)
    return ReferenceRun(
        run=run,
        as_of=date.fromisoformat(manifest["as_of"]),
        started_at=datetime.fromisoformat(manifest["started_at"]),
        model_run_id=(manifest.get("model") or {}).get("run_id", run.run_id),
        used_features=tuple(used),
        has_fixed_as_of=manifest["settings"]["features"]["as_of"] is not None,
    )


def run_in_progress(context: RunContext, as_of: date, model_run_id: str, prepared: Sequence[PreparedFeature]) -> ReferenceRun:
    """The run in progress, which has no manifest yet."""
    used = tuple(one.feature.name for one in prepared if not one.is_constant and one.feature.settings.weight > 0)
    return ReferenceRun(context.run, as_of, context.started_at, model_run_id, used, context.settings.features.as_of is not None)


def find_references(current: ReferenceRun, tolerance_days: int) -> dict[str, ReferenceRun]:
    """References of a run by LAST, SEASON and FIT, as far as they exist; FIT only where it is neither the run itself nor LAST.

    `current` may be in progress. The as_of of SEASON may lie up to `tolerance_days` from a year before.
    """
    earlier = _published_before(current.run)
    last = _last(current.run, earlier)
    references = {LAST: last, SEASON: _same_season(current, earlier, tolerance_days)}
    if not current.is_new_model and (last is None or original_id(last.run.run_id) != original_id(current.model_run_id)):
        references[FIT] = _load(Run(current.run.root, latest_rewrite_id(current.run.root, current.model_run_id)))
    return {name: reference for name, reference in references.items() if reference}


def feature_drifts(spark: SparkSession, members: DataFrame, references: Mapping[str, ReferenceRun]) -> dict[str, list[FeatureDrift]]:
    """Drift of each feature since each reference, over all customers and in each segment."""
    if not references:
        return {}
    current = members, segment_deciles(members, _features(members))
    drifts = {}
    for name, reference in references.items():
        reference_members = reference.members(spark)
        drifts[name] = psi_table((reference_members, segment_deciles(reference_members, _features(reference_members))), current)
    return drifts


def _features(members: DataFrame) -> list[str]:
    return [name for name in members.columns if name != SEGMENT_ID]


def _published_before(run: Run) -> list[ReferenceRun]:
    """Runs that were ever published and started before, the earliest first."""
    current = published_run(run.root)
    ever_published, _ = publication_history(publish_events(run.root), current.run_id if current else None)
    before = sorted(run_id for run_id in ever_published if run_id < original_id(run.run_id))
    loaded = (_load(Run(run.root, latest_rewrite_id(run.root, run_id))) for run_id in before)
    return [reference for reference in loaded if reference]


def _last(run: Run, earlier: list[ReferenceRun]) -> ReferenceRun | None:
    """The published run if it started before, otherwise the latest that did."""
    current = published_run(run.root)
    published = [one for one in earlier if current and one.run.run_id == current.run_id]
    return next(iter([*published, *earlier[::-1]]), None)


def _same_season(current: ReferenceRun, earlier: list[ReferenceRun], tolerance_days: int) -> ReferenceRun | None:
    year_before = current.as_of - _YEAR
    near = [one for one in earlier if abs(one.as_of - year_before) <= timedelta(days=tolerance_days)]
    return min(reversed(near), key=lambda one: abs(one.as_of - year_before), default=None)


def _load(run: Run) -> ReferenceRun | None:
    try:
        return completed_run(run, load_sealed_manifest(run))
    except IntegrityError:
        return None


@dataclass(frozen=True)
class Predecessor:
    """The published run that readers see until the next one is published."""

    run: Run
    manifest: Mapping[str, Any]
    # Whether its customers have the same ids as now; under another pseudonym key no customer can be matched.
    knows_customers: bool

    @property
    def names(self) -> dict[int, str]:
        """Names of its segments, by id."""
        return {segment[SEGMENT_ID]: segment[SEGMENT_NAME] for segment in self.manifest["segments"]}

    def customers(self, spark: SparkSession) -> DataFrame:
        """`customer_id` and `previous_segment_id`; empty where its customers have other ids than now."""
        rows = storage.read_table(spark, self.run.path("customer_segments"), CUSTOMER_SEGMENTS.schema)
        customers = rows.select(CUSTOMER_ID, F.col(SEGMENT_ID).alias(PREVIOUS_SEGMENT_ID))
        return customers if self.knows_customers else customers.limit(0)

    def summary(self) -> list[dict[str, Any]]:
        """Rows of its segment_summary."""
        return storage.read_rows(self.run.path("segment_summary"))

    def features(self, spark: SparkSession) -> DataFrame:
        """Its customer_features."""
        return storage.read_table(spark, self.run.path("customer_features"))

    def with_previous_segments(self, spark: SparkSession, features: DataFrame) -> DataFrame:
        """Customers with `previous_segment_id`, null for those who are new."""
        return features.join(self.customers(spark), CUSTOMER_ID, "left")


def earlier_rows(run: Run, table: str, as_of: date, *order: str) -> list[dict[str, Any]]:
    """Rows of a run's small table about days before `as_of`, sorted by day and `order`; none where the run has no such table."""
    rows = storage.read_rows(run.path(table)) if storage.exists(run.path(table)) else []
    return sorted((row for row in rows if row[AS_OF] < as_of), key=itemgetter(AS_OF, *order))


def find_predecessor(context: RunContext) -> Predecessor | None:
    """The run that this one follows; None where no run with segments is published."""
    run, manifest = published_run(context.settings.output.path), published_manifest(context.settings.output.path)
    if run is None or not manifest or not manifest.get("segments"):
        return None
    key = (manifest.get("pseudonyms") or {}).get("key_id")
    return Predecessor(run, manifest, key == (context.pseudonyms.key_id if context.pseudonyms else None))
