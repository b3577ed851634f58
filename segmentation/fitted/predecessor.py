"""Predecessor: the published run that a new one follows, with the segment of each customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.context import RunContext
from segmentation.fitted.tables import CUSTOMER_SEGMENTS
from segmentation.publish.manifest import published_manifest
from segmentation.publish.run import Run, published_run
from segmentation.schemas import AS_OF, CUSTOMER_ID, PREVIOUS_SEGMENT_ID, SEGMENT_ID, SEGMENT_NAME


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
