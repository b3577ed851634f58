"""The page's section on sensitive attributes."""

import pandas as pd
import pytest

from segmentation.analyses.fairness.section import fairness_section, sensitive_table, sentences
from segmentation.report.report_data import ReportData

MEASURES = {
    **{"type": "nominal", "used": False, "customers": 4_000, "levels": 3, "cramers_v": 0.31, "effect_w": 0.44, "p_value": 0.0},
    **{"accuracy": 0.6, "accuracy_without": 0.5, "balanced_accuracy": 0.52, "balanced_accuracy_without": 0.333},
    **{"goodman_kruskal_lambda": 0.2, "closest_feature": "recency_days", "closest_feature_v": 0.27},
}
NOT_MEASURED = dict.fromkeys(MEASURES) | {"type": "boolean", "used": False, "verdict": "not measured"}


def data_of(*rows):
    return ReportData({"features": [{"feature": "recency_days"}]}, {"sensitive_attributes": pd.DataFrame(rows)})


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("no more than chance", "Segments reveal no more about home region than chance would."),
        ("a little", "Segments reveal little about home region."),
        ("some", "Segments reveal something about home region: treating customers by segment partly treats them by it."),
        ("strongly", "Segments reveal much about home region: treating customers by segment comes close to treating them by it."),
    ],
)
def test_each_verdict_has_its_sentence(verdict, words):
    (text,) = sentences(data_of({"attribute": "home_region", **MEASURES, "verdict": verdict}))
    assert text.startswith(words)
    assert "is right for 52.0\u00a0%; without it, for 33.3\u00a0%" in text
    assert "reveals most is Days since last purchase (Cramér’s V 0.27)" in text


def test_what_is_not_measured_has_no_numbers():
    rows = [{"attribute": "faith", **MEASURES, "verdict": "a little"}, {"attribute": "disabled", **NOT_MEASURED}]
    assert sentences(data_of(*rows))[1] == (
        "How far segments reveal disabled is not measured: there are too few customers, or too few large enough levels."
    )
    assert sensitive_table(data_of(*rows)).rows[1] == ("disabled", "no", "–", "–", "–", "–", "–", "–")


def test_an_attribute_that_customers_are_compared_by_is_named_as_such():
    (text,) = sentences(data_of({"attribute": "gender", **MEASURES, "used": True, "verdict": "strongly"}))
    assert "Customers are compared by it, as privacy.allow_sensitive allows" in text


def test_the_section_has_a_paragraph_per_attribute_and_a_table():
    section = fairness_section(data_of({"attribute": "gender", **MEASURES, "verdict": "some"}))
    assert [type(block).__name__ for block in section.blocks] == ["Paragraph", "Paragraph", "TableBlock", "Note"]
    assert section.anchor == "sensitive"
