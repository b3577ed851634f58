"""FittedSegments: customers in segments, the result of fitting or scoring and the input of every analysis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame, Row

from segmentation.clustering.k_selection import SelectionReport
from segmentation.clustering.metrics import Array
from segmentation.clustering.segments import Segments
from segmentation.context import RunContext
from segmentation.features.preparation import PreparedFeature
from segmentation.fitted.customer_features import CustomerFeatures
from segmentation.fitted.identity import Flow, SegmentIdentity, customer_flows
from segmentation.fitted.model import SegmentModel
from segmentation.fitted.references import Predecessor, ReferenceRun, feature_drifts, find_references, run_in_progress
from segmentation.fitted.sample import CustomerSample, sample_customers
from segmentation.profiling.actions import ACTIONS
from segmentation.profiling.aggregates import feature_columns, segment_aggregates, segment_profile, segment_summary, with_stability
from segmentation.profiling.effects import with_effects
from segmentation.profiling.naming import Attribute, SegmentNaming, continued_names, name_segments, name_segments_by_attributes
from segmentation.profiling.psi import FeatureDrift
from segmentation.profiling.suppression import SegmentSuppression
from segmentation.schemas import (
    AS_OF,
    CUSTOMER_ID,
    MONETARY_NET,
    PREVIOUS_SEGMENT_ID,
    RUN_ID,
    SEGMENT_ID,
    SEGMENT_NAME,
    UNITS,
    Records,
    named,
)
from segmentation.settings import ReportSettings


@dataclass(frozen=True)
class ChurnStats:
    """What hysteresis (`clustering.switch_margin`) changes among customers who were in a segment of this model before."""

    # How many such customers there are.
    customers: int
    # How many of them changed segment, and how many would have without hysteresis.
    moved: int
    moved_to_nearest: int
    # Sum of squared distances of all customers to the center of their own segment, and to the nearest center.
    wcss: float
    wcss_of_nearest: float


@dataclass(frozen=True)
class ReusedModel:
    """The model of an earlier run that customers were scored by, and what hysteresis changed."""

    model: SegmentModel
    churn: ChurnStats


@dataclass(frozen=True)
class FittedSegments:
    """Customers in segments, exact: only values whose names say so are suppressed."""

    run_id: str  # of the run they are computed in
    source: CustomerFeatures  # what describes the customers, and where it comes from
    # One row per customer: features, `segment_id`, `distance`, `next_segment_id`, `margin`, `silhouette`; after another run,
    # `previous_segment_id`.
    customers: DataFrame
    count: int  # of customers
    pipeline: PipelineModel  # from customer_features to the nearest `segment_id`
    prepared: tuple[PreparedFeature, ...]
    segments: Segments  # in the order of ids
    choice: SelectionReport  # how k was chosen
    points: Array  # vectors of the sampled customers, shape (n, d)
    identity: SegmentIdentity  # where the ids of segments come from
    predecessor: Predecessor | None  # the published run that this one follows; None on a first run, and on one that follows no other
    reused: ReusedModel | None  # the model of an earlier run; None where this run fitted its own
    report: ReportSettings
    min_group_size: int
    references: Mapping[str, ReferenceRun] = field(default_factory=dict)  # earlier runs, by name; none before `with_references`

    @property
    def is_new_model(self) -> bool:
        """Whether this run fitted its own model."""
        return self.reused is None

    @property
    def model_run_id(self) -> str:
        """The run that fitted the model."""
        return self.reused.model.run_id if self.reused else self.run_id

    @property
    def model_segments(self) -> Segments:
        """Segments of the model, including those without customers now."""
        return self.reused.model.segments if self.reused else self.segments

    def model(self, k_selection: Sequence[Mapping[str, Any]]) -> SegmentModel:
        """The model as later runs load it; that of a new model has `k_selection` as published."""
        if self.reused:
            return self.reused.model
        choice = replace(self.choice, k_selection=tuple(map(dict, k_selection)))
        return SegmentModel(self.run_id, lambda: self.pipeline, self.prepared, self.segments, self.names, self.source.categories, choice)

    @cached_property
    def features(self) -> tuple[str, ...]:
        """Names of the columns of customer_features that describe a customer."""
        return feature_columns(self.source.features)

    @cached_property
    def aggregates(self) -> list[Row]:
        """One row per segment, as of `segment_aggregates`; one Spark job."""
        return segment_aggregates(self.customers, self.features)

    @cached_property
    def profile(self) -> Records:
        """Rows of segment_profile."""
        units = UNITS | {feature.name: feature.unit for feature in self.source.attribute_features}
        return with_effects(segment_profile(self.aggregates, self.features, units), self.aggregates)

    @cached_property
    def summary(self) -> Records:
        """Rows of segment_summary, with names."""
        stabilities = self.choice.stabilities
        named = [{**row, SEGMENT_NAME: self.names[row[SEGMENT_ID]], **self._action_of(row[SEGMENT_ID])} for row in self._sizes]
        return with_stability(named, stabilities)

    def _action_of(self, segment: int) -> dict[str, str]:
        """The column `action` of segment_summary; no such column without purchases, from which actions follow."""
        return {"action": ACTIONS[self.namings[segment].kind].in_one_line} if self.namings else {}

    @cached_property
    def _sizes(self) -> Records:
        """Rows of segment_summary without the columns that depend on all rows."""
        stamp = {AS_OF: self.source.as_of, RUN_ID: self.run_id}
        return segment_summary(self.aggregates, self.features, stamp, [feature.name for feature in self.source.attribute_features])

    @cached_property
    def namings(self) -> Mapping[int, SegmentNaming]:
        """Kind and fresh name of each segment by the current value of its customers; empty without purchases."""
        if not self.source.has_purchases:
            return {}
        categories = {category.slug: category.name for category in self.source.categories}
        return name_segments(self._sizes, self.profile, categories, self.report.segment_names)

    @cached_property
    def names(self) -> dict[int, str]:
        """Name of each segment; a continued segment keeps its name."""
        own = {segment: naming.name for segment, naming in self.namings.items()} or self._names_by_attributes()
        return continued_names(own, self.identity.names, self.report.segment_names)

    def _names_by_attributes(self) -> dict[int, str]:
        traits = [Attribute(f.name, f.attribute, f.settings.type, f.level) for f in self.source.attribute_features]
        return name_segments_by_attributes(self._sizes, self.profile, self._standardized_means(), traits, self.report.segment_names)

    def _standardized_means(self) -> dict[int, dict[str, float]]:
        """By segment and feature, the segment's mean less that of all customers, in standard deviations of the sample."""
        means, spread = self.segments.means, self.points.std(axis=0)
        apart = (means - np.average(means, axis=0, weights=self.segments.sizes)) / np.where(spread > 0, spread, np.inf)
        features = [prepared.feature.name for prepared in self.prepared]
        return {segment: dict(zip(features, map(float, row), strict=True)) for segment, row in zip(self.segments.ids, apart, strict=True)}

    @cached_property
    def sample(self) -> CustomerSample:
        """Customers for charts, computed on the driver."""
        return sample_customers(self.points, self.segments, self.prepared, self.min_group_size, self.report.scatter)

    @cached_property
    def suppression(self) -> SegmentSuppression:
        """Suppression of the figures that rest on small groups."""
        return SegmentSuppression(self.aggregates, self.features, self.source.attribute_features, self.min_group_size)

    @cached_property
    def published_summary(self) -> Records:
        """Rows of segment_summary after suppression."""
        return self.suppression.summary(self.summary)

    @cached_property
    def flows(self) -> list[Flow]:
        """Customers between the predecessor's segments and these; none on a first run."""
        if self.predecessor is None:
            return []
        spark, spend = self.customers.sparkSession, [MONETARY_NET] if MONETARY_NET in self.features else []
        before = self.predecessor.customers(spark)
        if spend:
            before = before.join(self.predecessor.features(spark).select(CUSTOMER_ID, *spend), CUSTOMER_ID)
        return customer_flows(self.customers.select(CUSTOMER_ID, SEGMENT_ID, PREVIOUS_SEGMENT_ID, *spend), before)

    @cached_property
    def feature_drifts(self) -> dict[str, list[FeatureDrift]]:
        """Drift of each feature since each of the references."""
        members = self.customers.select(SEGMENT_ID, *map(named, self.features))
        return feature_drifts(self.customers.sparkSession, members, self.references)


def with_references(context: RunContext, segments: FittedSegments) -> FittedSegments:
    """The same with the earlier runs to compare with; without any where the run is not to be published."""
    if not context.is_published:
        return segments
    current = run_in_progress(context, segments.source.as_of, segments.model_run_id, segments.prepared)
    return replace(segments, references=find_references(current, context.settings.monitor.season_tolerance_days))
