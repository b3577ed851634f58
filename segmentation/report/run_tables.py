"""Tables about the run itself: its features and its stages."""

from collections.abc import Mapping
from typing import Any

from segmentation.report.formats import NOTHING, count, duration, number, plain
from segmentation.report.labels import feature_labels
from segmentation.report.report_data import ReportData
from segmentation.report.section import Table, sentence, table


def features_table(data: ReportData) -> Table:
    """What customers were compared by."""
    labels = feature_labels(data)
    rows = [
        (
            labels[str(row["feature"])],
            plain(row["feature"], 80),
            plain(row["block"], 40),
            plain(row["transform"], 40),
            number(row["weight"]),
            count(row.get("missing")),
            "no: equal for all customers" if row["constant"] else "yes",
        )
        for row in data.manifest["features"]
    ]
    columns = ("Feature", "Column", "Block", "Transform", "Weight", "Customers without", "In use")
    words = [column for column in columns if column not in ("Weight", "Customers without")]
    return table("Features that customers were compared by", columns, rows, words)


def stages_table(data: ReportData) -> Table:
    """Time and counts of each stage."""
    stages = data.manifest["stages"]
    rows = [(_stage(row["stage"]), duration(row["seconds"]), _counts(row["counts"])) for row in stages]
    return table("Stages of the run", ("Stage", "Time", "Counts"), rows, ("Stage", "Counts"))


def _stage(name: str) -> str:
    return sentence(name.replace("_", " ")).rstrip(".")


def _counts(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{count(value)} {plain(name.replace('_', ' '), 40)}" for name, value in counts.items()) or NOTHING
