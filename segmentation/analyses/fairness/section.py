"""The page's section on sensitive attributes."""

from collections.abc import Mapping
from typing import Any

from segmentation.report.formats import count, is_missing, percent, plain, score
from segmentation.report.labels import feature_labels
from segmentation.report.report_data import ReportData, records
from segmentation.report.section import Note, Paragraph, Section, Table, TableBlock

_VERDICTS = {
    "no more than chance": "Segments reveal no more about {attribute} than chance would.",
    "a little": "Segments reveal little about {attribute}.",
    "some": "Segments reveal something about {attribute}: treating customers by segment partly treats them by it.",
    "strongly": "Segments reveal much about {attribute}: treating customers by segment comes close to treating them by it.",
    "not measured": "How far segments reveal {attribute} is not measured: there are too few customers, or too few large enough levels.",
}
_COLUMNS = ("Attribute", "Compared by", "Customers", "Levels", "Cramér’s V", "Effect w", "Guessed right", "By chance")


def fairness_section(data: ReportData) -> Section:
    """A paragraph on each attribute, and the measures."""
    return Section(
        anchor="sensitive",
        title="What segments reveal about sensitive attributes",
        navigation="Sensitive attributes",
        blocks=(
            Paragraph(
                "Some attributes are declared sensitive: nobody should be treated by them unknowingly. Even where customers are not "
                "compared by such an attribute, other features may be proxies for it. So the audit measures how well a segment predicts it."
            ),
            *map(Paragraph, sentences(data)),
            TableBlock(sensitive_table(data)),
            Note(
                "Cramér’s V goes from 0, nothing, to 1, all, after subtracting what chance shows. By Cohen’s convention an effect w of 0.1 "
                "is small, 0.3 medium, 0.5 large. Small levels are merged or left out, and no counts by level are published."
            ),
        ),
    )


def sentences(data: ReportData) -> list[str]:
    """What segments reveal about each attribute, how often a guess is right, and which feature reveals most."""
    labels = feature_labels(data)
    return [_sentence(row, labels) for row in records(data.table("sensitive_attributes"))]


def sensitive_table(data: ReportData) -> Table:
    """The measures behind the sentences."""
    rows = [
        (
            attribute_label(row["attribute"]),
            "yes" if row["used"] else "no",
            count(row["customers"]),
            count(row["levels"]),
            score(row["cramers_v"], places=2),
            score(row["effect_w"], places=2),
            percent(row["balanced_accuracy"]),
            percent(row["balanced_accuracy_without"]),
        )
        for row in records(data.table("sensitive_attributes"))
    ]
    return Table("What segments reveal", _COLUMNS, tuple(rows), frozenset(_COLUMNS[:2]))


def attribute_label(attribute: object) -> str:
    """An attribute's name as words: ``annual_income`` is annual income."""
    return plain(str(attribute).replace("_", " "), 60)


def _sentence(row: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    parts = [_VERDICTS[row["verdict"]].format(attribute=attribute_label(row["attribute"]))]
    if row["used"]:
        parts.append("Customers are compared by it, as privacy.allow_sensitive allows, so some association is expected.")
    if not is_missing(row["balanced_accuracy"]):
        guessed, without = percent(row["balanced_accuracy"]), percent(row["balanced_accuracy_without"])
        parts.append(f"Guessing from the segment, with all levels weighing alike, is right for {guessed}; without it, for {without}.")
    if not is_missing(row["closest_feature"]):
        label = labels.get(row["closest_feature"], attribute_label(row["closest_feature"]))
        parts.append(f"The feature that reveals most is {label} (Cramér’s V {score(row['closest_feature_v'], places=2)}).")
    return " ".join(parts)
