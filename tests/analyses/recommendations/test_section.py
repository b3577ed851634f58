"""The page's section on association rules, and recommendations on the cards of segments."""

import pandas as pd

from segmentation.analyses.recommendations.section import recommendations_section
from segmentation.report.report_data import ReportData
from segmentation.report.section import Heading, Note, TableBlock

SUMMARY = pd.DataFrame({"segment_id": [1, 2], "segment_name": ["Best customers", "Lapsed"]})
RULE = {"segment_id": 1, "antecedent_text": "Cup", "consequent_text": "Saucer", "confidence": 0.5, "lift": 12.3, "orders": 40}
RULES = pd.DataFrame([RULE | {"rank": rank, "customers": rank * 10} for rank in (7, 6, 5, 4, 3, 2, 1)])
RECOMMENDATIONS = pd.DataFrame(
    [
        {"segment_id": 1, "rank": 2, "recommendation": "feature “Mug”"},
        {"segment_id": 1, "rank": 1, "recommendation": "show “Saucer”"},
        {"segment_id": 2, "rank": 1, "recommendation": "Nothing to recommend"},
    ]
)


def section():
    return recommendations_section(
        ReportData({}, {"segment_summary": SUMMARY, "association_rules": RULES, "segment_recommendations": RECOMMENDATIONS})
    )


def test_the_first_five_rules_of_a_segment_are_shown_by_rank():
    (heading,) = (block for block in section().blocks if isinstance(block, Heading))
    (block,) = (block for block in section().blocks if isinstance(block, TableBlock))
    assert heading.text == "Best customers"
    assert [row[-1] for row in block.table.rows] == ["10", "20", "30", "40", "50"]
    assert block.table.rows[0][:5] == ("Cup", "Saucer", "50\u00a0%", "12.3", "40")


def test_a_segment_without_rules_is_named():
    notes = [block.text for block in section().blocks if isinstance(block, Note)]
    assert notes[0] == "Lapsed: no products occur together in enough orders."


def test_recommendations_are_the_first_steps_on_the_cards_of_actions():
    parts = {key: (part.heading, part.items) for key, part in section().card_parts.items()}
    assert parts == {
        ("actions", 1): ("First steps", ("Show “Saucer”.", "Feature “Mug”.")),
        ("actions", 2): ("First steps", ("Nothing to recommend.",)),
    }
