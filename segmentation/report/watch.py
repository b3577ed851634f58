"""What watching a run has come to, and what a new model would change, in plain words."""

from collections.abc import Iterator, Mapping
from typing import Any

from segmentation.report.findings import Findings
from segmentation.report.formats import count, is_missing, percent, plain, score

_VERDICTS = {
    "keep scoring": "The model in use describes these customers: keep scoring.",
    "refit": "The model in use describes other customers than these: fit a new one.",
    "stop and look": "Something is odd about the log: look at it before acting on these segments.",
}
_LONGEST = 400


def verdict(findings: Findings) -> str:
    """What to do; nothing where nobody has watched."""
    watched = findings.manifest.get("monitor")
    if not watched:
        return ""
    return _VERDICTS[watched["verdict"]]


def causes(findings: Findings) -> list[str]:
    """A sentence on each thing that has happened, the gravest first."""
    return [_cause(cause) for cause in (findings.manifest.get("monitor") or {}).get("causes", ())]


def _cause(cause: Mapping[str, Any]) -> str:
    kind = plain(cause["kind"], _LONGEST)
    known = " (the model was fitted since)" if cause["is_known"] else ""
    return f"{kind[:1].upper()}{kind[1:]}{known}: {plain(cause['evidence'], _LONGEST)}."


def impact(findings: Findings) -> list[str]:
    """What the new model changes beside the one in use; nothing where none was fitted."""
    challenge = findings.manifest.get("challenge")
    return list(_impact(challenge)) if challenge else []


def _impact(challenge: Mapping[str, Any]) -> Iterator[str]:
    moved, revenue = challenge["share_moved"], challenge["revenue_share_moved"]
    if not is_missing(moved):
        money = "" if is_missing(revenue) else f", with {percent(revenue)} of their net spend"
        yield f"A new model: {percent(moved)} of {_both(challenge)} customers are in another segment by it{money}."
    for what in ("silhouette", "stability"):
        sides = challenge[what]
        if not any(is_missing(value) for value in sides.values()):
            name = "Mean silhouette" if what == "silhouette" else "Stability of the least stable segment"
            yield f"{name} {score(sides['challenger'])}, of the model in use {score(sides['champion'])}."


def _both(challenge: Mapping[str, Any]) -> str:
    customers = challenge["customers"]
    return count(customers["stayed"] + customers["moved"])
