"""The fitted model of a run: its features, its segments, and the selection of k; saved and loaded."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.clustering.assignment import scoring_sql
from segmentation.clustering.k_selection import SelectionReport
from segmentation.clustering.segments import Segments
from segmentation.errors import InputError
from segmentation.features.preparation import PreparedFeature, preparation_pipeline
from segmentation.features.selection import Feature
from segmentation.publish.run import Run
from segmentation.publish.seal import load_verified_model, verify_model
from segmentation.schemas import CLUSTER, SEGMENT_ID, SEGMENT_NAME, VECTOR, Category
from segmentation.settings import FeatureSettings

DESCRIPTION, SCORING = "model.json", "scoring.sql"
"""Files next to the saved pipeline: its description, and its assignment as SQL."""


@dataclass(frozen=True)
class SegmentModel:
    """A fitted model that customers are scored with."""

    run_id: str  # of the run that fitted it
    load: Callable[[], PipelineModel]
    prepared: tuple[PreparedFeature, ...]
    segments: Segments  # means, variances and sizes are those of the fit
    names: Mapping[int, str]  # of segments, by id
    categories: tuple[Category, ...]  # those that the features distinguish, in their order
    choice: SelectionReport  # how k was chosen

    @cached_property
    def pipeline(self) -> PipelineModel:
        """Pipeline from customer_features to the nearest `segment_id`; loaded on first use, since that takes a dozen Spark jobs."""
        return self.load()

    def vectors(self, customers: DataFrame) -> DataFrame:
        """Customers with `vector`, in the feature space of the model.

        `customers` is customer_features; columns of levels that no customer has any more may be missing.

        Raises InputError where other features of the model are missing.
        """
        return preparation_pipeline(self.prepared).transform(self._complete(customers)).select(*customers.columns, VECTOR)

    def assigned(self, customers: DataFrame) -> DataFrame:
        """Customers in their nearest segment, with `vector`. Raises InputError where features of the model are missing."""
        return self.pipeline.transform(self._complete(customers)).select(*customers.columns, VECTOR, SEGMENT_ID)

    def missing_features(self, columns: Sequence[str]) -> list[str]:
        """Features of the model that are not among these columns."""
        return [f.feature.name for f in self.prepared if f.feature.name not in columns]

    def _complete(self, customers: DataFrame) -> DataFrame:
        columns = {name: F.lit(0.0) for name in self._absent_levels(customers.columns)}
        return customers.withColumns(columns) if columns else customers

    def _absent_levels(self, columns: Sequence[str]) -> list[str]:
        absent = [f.feature for f in self.prepared if f.feature.name not in columns]
        if lacking := [feature.name for feature in absent if feature.block != "attributes"]:
            raise InputError(
                f"the model of run {self.run_id} compares customers by {', '.join(lacking)}, which this log does not give. "
                "Map the same columns as then, or fit a new model: `segmentation segment`"
            )
        return [feature.name for feature in absent]


def save_pipeline(run: Run, pipeline: PipelineModel, prepared: Sequence[PreparedFeature], segments: Segments) -> None:
    """Save the pipeline, and its assignment as SQL."""
    storage.write_model(pipeline, run.path("model"))
    expressions = [(feature.expression('"'), feature.scale) for feature in prepared]
    storage.write_text(run.path("model", SCORING), scoring_sql(expressions, segments.ids, segments.centers))


def save_description(run: Run, model: SegmentModel) -> None:
    """Save the model's description, which later runs load."""
    description = {
        "run_id": model.run_id,
        "segments": _rows_of(model),
        "features": [_feature_description(feature) for feature in model.prepared],
        "categories": {category.slug: category.name for category in model.categories},
        "choice": model.choice.summary,
        "k_selection": list(model.choice.k_selection),
    }
    storage.write_text(run.path("model", DESCRIPTION), json.dumps(description, indent=1, ensure_ascii=False) + "\n")


def load_model(run: Run) -> SegmentModel:
    """Load the model of a run, after verifying its files.

    Raises
    ------
    InputError
        It was made by a version that saved no description of its model.
    IntegrityError
        Its files have changed since they were sealed.
    """
    verify_model(run)
    if not storage.exists(run.path("model", DESCRIPTION)):
        raise InputError(f"{run.path('model')}: no {DESCRIPTION}: made by an older version. Fit a new model: `segmentation segment`")
    description = json.loads(storage.read_text(run.path("model", DESCRIPTION)))
    segments = description["segments"]
    return SegmentModel(
        description["run_id"],
        partial(load_verified_model, run),
        tuple(map(_feature_of, description["features"])),
        _segments_of(segments),
        {one[SEGMENT_ID]: one[SEGMENT_NAME] for one in segments},
        tuple(Category(name, slug) for slug, name in description["categories"].items()),
        SelectionReport(description["choice"], tuple(description["k_selection"]), tuple(one["stability"] for one in segments)),
    )


def _rows_of(model: SegmentModel) -> list[dict[str, Any]]:
    """One row per segment for the description."""
    segments = model.segments
    return [
        {
            SEGMENT_ID: segment,
            SEGMENT_NAME: model.names[segment],
            CLUSTER: segments.clusters[place],
            "center": segments.centers[place].tolist(),
            "mean": segments.means[place].tolist(),
            "variance": segments.variances[place],
            "customers": segments.sizes[place],
            "stability": model.choice.stabilities[place],
        }
        for place, segment in enumerate(segments.ids)
    ]


def _segments_of(rows: Sequence[Mapping[str, Any]]) -> Segments:
    return Segments(
        ids=tuple(row[SEGMENT_ID] for row in rows),
        clusters=tuple(row[CLUSTER] for row in rows),
        centers=np.array([row["center"] for row in rows], dtype=np.float64),
        means=np.array([row["mean"] for row in rows], dtype=np.float64),
        variances=tuple(row["variance"] for row in rows),
        sizes=tuple(row["customers"] for row in rows),
    )


def _feature_description(prepared: PreparedFeature) -> dict[str, Any]:
    feature = prepared.feature
    return {
        "feature": feature.name,
        "block": feature.block,
        "family": feature.family,
        "is_level": feature.is_level,
        "unit": feature.unit,
        "transform": feature.settings.transform,
        "weight": feature.settings.weight,
        "has_missing": prepared.missing > 0,
        "median": prepared.median,
        "low": prepared.low,
        "high": prepared.high,
        "scale": prepared.scale,
    }


def _feature_of(description: Mapping[str, Any]) -> PreparedFeature:
    settings = FeatureSettings(use=True, transform=description["transform"], weight=description["weight"])
    feature = Feature(
        description["feature"], description["block"], description["family"], settings, description["is_level"], description["unit"]
    )
    return PreparedFeature(
        feature, int(description["has_missing"]), description["median"], description["low"], description["high"], description["scale"]
    )
