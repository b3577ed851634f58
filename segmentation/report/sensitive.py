"""How far segments give away attributes declared sensitive, in plain words."""

from collections.abc import Mapping
from typing import Any

from segmentation.report.findings import Findings, records
from segmentation.report.formats import count, is_missing, percent, plain, score
from segmentation.report.labels import feature_labels
from segmentation.report.tables import Table

_VERDICTS = {
    "no more than chance": "Segments tell no more about {of} than chance would.",
    "a little": "Segments say little about {of}.",
    "some": "Segments say something about {of}: whoever is treated by segment is partly treated by it.",
    "strongly": "Segments say much about {of}: treating customers by segment comes close to treating them by it.",
    "not told": "How far segments give away {of} is not told: there are too few customers, or too few levels that may be told of.",
}


def sentences(findings: Findings) -> list[str]:
    """A paragraph on each attribute: what segments say about it, how often a guess is right, and which feature tells most."""
    labels = feature_labels(findings)
    return [_sentence(row, labels) for row in records(findings.sensitive)]


def sensitive_table(findings: Findings) -> Table:
    """The measures behind the sentences."""
    rows = [
        (
            called(row["attribute"]),
            "yes" if row["used"] else "no",
            count(row["customers"]),
            count(row["levels"]),
            score(row["cramers_v"], places=2),
            score(row["effect_w"], places=2),
            percent(row["balanced_accuracy"]),
            percent(row["balanced_accuracy_without"]),
        )
        for row in records(findings.sensitive)
    ]
    columns = ("Attribute", "Compared by", "Customers", "Levels", "Cramér’s V", "Effect w", "Guessed right", "By chance")
    return Table("What segments give away", columns, tuple(rows), frozenset({"Attribute", "Compared by"}))


def called(attribute: object) -> str:
    """An attribute by its name: ``annual_income`` is annual income."""
    return plain(str(attribute).replace("_", " "), 60)


def _sentence(row: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    said = [_VERDICTS[row["verdict"]].format(of=called(row["attribute"]))]
    if row["used"]:
        said.append("Customers are compared by it, as privacy.allow_sensitive allows, so they must say something.")
    if not is_missing(row["balanced_accuracy"]):
        guessed, without = percent(row["balanced_accuracy"]), percent(row["balanced_accuracy_without"])
        said.append(f"Guessed from the segment, with all levels weighing alike, {guessed} are right; without it, {without}.")
    if not is_missing(row["closest_feature"]):
        label = labels.get(row["closest_feature"], called(row["closest_feature"]))
        said.append(f"Of the features, {label} tells most (Cramér’s V {score(row['closest_feature_v'], places=2)}).")
    return " ".join(said)
