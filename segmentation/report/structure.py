"""Whether there is structure behind the segments, told in sentences."""

from segmentation.report.findings import Findings
from segmentation.report.formats import number, score

_MEANING = {
    "clear clusters": "Clear clusters: customers fall into groups with gaps between them.",
    "a continuum cut into useful tiers": (
        "A continuum cut into useful tiers: customers shade into one another. The lines between segments are drawn for use; "
        "whoever is near one could be on either side."
    ),
    "no structure": (
        "No structure: customers are no more alike within the segments than if their features had been shuffled. "
        "Read the segments as arbitrary slices, and do not build on their differences."
    ),
}


def grade(findings: Findings) -> str:
    """What the segments are, in one or two sentences."""
    return _MEANING[findings.manifest["choice"]["structure"]["grade"]]


def gap_said(findings: Findings) -> str:
    """What the gap statistic would choose."""
    choice = findings.manifest["choice"]
    if choice["gap_k"] is None:
        return "The gap statistic names no number: it still grows at the last one tried."
    if choice["gap_k"] == 1:
        return "The gap statistic would not divide these customers at all: two segments gain no more on them than on an even cloud."
    same = " too" if choice["gap_k"] == choice["k"] else ""
    return f"The gap statistic would choose {choice['gap_k']}{same}."


def evidence(findings: Findings) -> str:
    """The figures that the grade rests on."""
    found = findings.manifest["choice"]["structure"]
    return (
        f"Silhouette {score(found['silhouette'])}, against {score(found['shuffled'])} "
        f"(standard deviation {score(found['shuffled_deviation'])}) among customers whose features were shuffled apart. "
        f"The least stable segment comes back to {score(found['stability'], places=2)} when customers are drawn anew: "
        f"0.75 and more is valid, below 0.6 is not to be trusted. Half-way between two neighbouring "
        f"segments there are {number(found['border'])} customers "
        "for each one at their centres."
    )
