"""What a new model changes, as far as it is published."""

from segmentation.analyses.gate.gate import gate_section, impact_sentences
from segmentation.report.report_data import ReportData

IMPACT = {
    "silhouette": {"champion": 0.2, "challenger": 0.25},
    "stability": {"champion": None, "challenger": 0.9},
    "customers": {"new": 30, "left": 0, "stayed": 900, "moved": 100},
    "moved_share": 0.1,
    "moved_revenue_share": 0.05,
}


def _sentences(**changed):
    return [sentence.replace("\u00a0", " ") for sentence in impact_sentences(IMPACT | changed)]


def test_the_sentences_have_moved_customers_and_known_qualities():
    assert _sentences() == [
        "The new model puts 10.0 % of 1,000 customers in another segment, with 5.0 % of their net spend.",
        "Mean silhouette 0.250, compared with 0.200 of the model in use.",
    ]


def test_suppressed_shares_are_not_shown():
    assert _sentences(moved_share=None, customers=dict.fromkeys(IMPACT["customers"])) == _sentences()[1:]


def test_without_a_new_model_there_is_no_section():
    assert gate_section(ReportData({})) is None
