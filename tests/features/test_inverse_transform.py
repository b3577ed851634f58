"""The way back from vectors to features ends where it began."""

import numpy as np
import pandas as pd
import pytest
from pyspark.ml.functions import vector_to_array

from segmentation.features.preparation import PreparedFeature, inverse_transform, learn_preparation, preparation_pipeline
from segmentation.features.selection import Feature
from segmentation.settings import BlockWeights, FeatureSettings


def _feature(name, transform="none", **learnt):
    result = {"missing": 0, "median": 0.0, "low": 0.0, "high": 0.0, "scale": 1.0, **learnt}
    return PreparedFeature(Feature(name, "value", name, FeatureSettings(use=True, transform=transform)), **result)


def test_vectors_that_spark_made_lead_back_to_the_published_values(spark):
    rng = np.random.default_rng(1)
    features = pd.DataFrame(
        {
            "recency_days": rng.integers(1, 400, 50).astype(float),
            "monetary_net": np.round(rng.lognormal(6, 2, 50) - 50, 4),
            "return_rate": rng.integers(0, 50, 50) / 49,
            "breadth_categories": rng.integers(1, 13, 50).astype(float),
        }
    )
    transforms = {"recency_days": "log1p", "monetary_net": "log1p", "return_rate": "none", "breadth_categories": "cap"}
    wanted = [Feature(n, "value", n, FeatureSettings(use=True, transform=t)) for n, t in transforms.items()]
    frame = spark.createDataFrame(features)
    prepared = learn_preparation(frame, wanted, BlockWeights())
    vectors = preparation_pipeline(prepared).transform(frame).select(vector_to_array("vector").alias("v")).toPandas()["v"]
    result = inverse_transform(np.array(vectors.to_list()), prepared)
    capped = features.assign(breadth_categories=features["breadth_categories"].clip(prepared[3].low, prepared[3].high))
    assert result.to_dict() == capped.round(7).to_dict()


def test_a_constant_feature_has_no_way_back():
    result = inverse_transform(np.array([[0.0, 4.0]]), [_feature("tenure_days", scale=0.0), _feature("return_rate", scale=2.0)])
    assert result.to_dict("list") == {"return_rate": [2.0]}


@pytest.mark.parametrize("value", [-120.5, 0.0, 1.0, 280_206.0201])
def test_logarithms_are_undone_on_either_side_of_0_to_the_last_place(value):
    level = np.sign(value) * np.log1p(abs(value)) * 0.37
    assert inverse_transform(np.array([[level]]), [_feature("monetary_net", "log1p", scale=0.37)])["monetary_net"][0] == value
