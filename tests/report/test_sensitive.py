"""What segments give away, in plain words."""

from dataclasses import replace

import pandas as pd
import pytest

from segmentation.report import render_page
from segmentation.report.sensitive import sentences

MEASURES = {
    **{"type": "nominal", "used": False, "customers": 4_000, "levels": 3, "cramers_v": 0.31, "effect_w": 0.44, "p_value": 0.0},
    **{"accuracy": 0.6, "accuracy_without": 0.5, "balanced_accuracy": 0.52, "balanced_accuracy_without": 0.333},
    **{"goodman_kruskal_lambda": 0.2, "closest_feature": "recency_days", "closest_feature_v": 0.27},
}
NOT_TOLD = dict.fromkeys(MEASURES) | {"type": "boolean", "used": False, "verdict": "not told"}


@pytest.fixture
def told(findings):
    def made(*rows):
        return replace(findings, sensitive=pd.DataFrame(rows))

    return made


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("no more than chance", "Segments tell no more about home region than chance would."),
        ("a little", "Segments say little about home region."),
        ("some", "Segments say something about home region: whoever is treated by segment is partly treated by it."),
        ("strongly", "Segments say much about home region: treating customers by segment comes close to treating them by it."),
    ],
)
def test_each_verdict_has_its_sentence(told, verdict, words):
    (said,) = sentences(told({"attribute": "home_region", **MEASURES, "verdict": verdict}))
    assert said.startswith(words)
    assert "52.0\u00a0% are right; without it, 33.3\u00a0%" in said
    assert "Days since last purchase tells most (Cramér’s V 0.27)" in said


def test_what_is_not_told_has_no_numbers(told):
    rows = [{"attribute": "faith", **MEASURES, "verdict": "a little"}, {"attribute": "disabled", **NOT_TOLD}]
    said = sentences(told(*rows))[1]
    assert said == "How far segments give away disabled is not told: there are too few customers, or too few levels that may be told of."


def test_who_is_compared_by_it_is_told_so(told):
    (said,) = sentences(told({"attribute": "gender", **MEASURES, "used": True, "verdict": "strongly"}))
    assert "Customers are compared by it, as privacy.allow_sensitive allows" in said


def test_the_page_has_the_section_where_attributes_are_sensitive_and_else_none(told, findings):
    page = render_page(told({"attribute": "<b>gender", **MEASURES, "verdict": "some"}))
    assert 'href="#sensitive"' in page
    assert "Segments say something about &lt;b&gt;gender" in page
    assert "What segments give away" not in render_page(findings)
