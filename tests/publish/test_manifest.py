"""The manifest says what ran on what."""

import json
import platform
from datetime import UTC, datetime

import segmentation
from segmentation.progress import Stage
from segmentation.publish.manifest import Facts, manifest_of
from segmentation.publish.run import Run
from segmentation.settings import validated

SETTINGS = validated(
    {
        "input": {"format": "csv", "path": "log.csv", "columns": {"customer_id": "c", "ordered_at": "t", "amount": "a"}},
        "features": {"as_of": "2011-12-10"},
        "report": {"title": "Shop", "currency": "EUR"},
    }
)
FACTS = Facts(
    as_of="2011-12-10",
    spark_version="4.2.0",
    input={"format": "csv", "path": "log.csv"},
    features=[{"feature": "recency_days", "scale": 0.5}],
    categories={"bags": "Bags"},
    choice={"k": 2},
    surrogate={"fidelity": 0.9, "depth": 3},
    segments=[{"segment_id": 1, "customers": 3}],
    tables={"customer_segments": 3},
    totals={"customers": 3, "revenue_net": "1.5000"},
    audit={"passed": True, "faults": []},
    rfm={"adjusted_rand": 0.5},
)


def test_a_manifest_holds_run_software_settings_stages_and_facts():
    stages = [Stage("read", {"lines": 5}, 1.26), Stage("fit", {}, 2.5)]
    manifest = manifest_of(Run("out", "r1"), SETTINGS, datetime(2011, 12, 10, 3, 15, 0, 99, tzinfo=UTC), stages, FACTS)
    settings = manifest.pop("settings")
    assert manifest == {
        "run_id": "r1",
        "title": "Shop",
        "currency": "EUR",
        "as_of": "2011-12-10",
        "started_at": "2011-12-10T03:15:00+00:00",
        "seconds": 3.8,
        "software": {"segmentation": segmentation.__version__, "spark": "4.2.0", "python": platform.python_version()},
        "input": {"format": "csv", "path": "log.csv"},
        "attributes": None,
        "pseudonyms": None,
        "sensitive_attributes": [],
        "features": [{"feature": "recency_days", "scale": 0.5}],
        "categories": {"bags": "Bags"},
        "choice": {"k": 2},
        "surrogate": {"fidelity": 0.9, "depth": 3},
        "segments": [{"segment_id": 1, "customers": 3}],
        "rfm": {"adjusted_rand": 0.5},
        "usefulness": None,
        "model": {"run_id": "r1"},
        "identity": {"last_segment_id": 0},
        "movement": None,
        "monitor": None,
        "challenge": None,
        "totals": {"customers": 3, "revenue_net": "1.5000"},
        "audit": {"passed": True, "faults": []},
        "small_groups": None,
        "tables": {"customer_segments": 3},
        "stages": [{"stage": "read", "seconds": 1.26, "counts": {"lines": 5}}, {"stage": "fit", "seconds": 2.5, "counts": {}}],
    }
    assert validated(settings) == SETTINGS


def test_a_manifest_is_plain_json():
    manifest = manifest_of(Run("out", "r1"), SETTINGS, datetime(2011, 12, 10, tzinfo=UTC), [], FACTS)
    assert json.loads(json.dumps(manifest)) == manifest | {"settings": json.loads(json.dumps(manifest["settings"]))}
    assert json.loads(json.dumps(manifest))["settings"]["features"]["as_of"] == "2011-12-10"
