"""Names of segments without purchases, by the attributes in which they differ most from all customers."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from segmentation.profiling.naming import distinct_names, with_custom_names
from segmentation.schemas import SEGMENT_ID

_CLEAR = 0.5
"""Minimum distance from the mean of all customers for a name, in standard deviations (a medium effect: Cohen 1988)."""
_MOSTLY, _RARELY, _NEARLY_ALL = 0.6, 0.2, 0.95
_IN_A_NAME = 2
_NOTHING_SPECIAL = "close to average"
_BY_SIZE = ("larger", "smaller", "by size")

WORDS = {"age": ("older", "younger")}
"""Words for high and low values of attributes that these two words do not fit."""


class Attribute(NamedTuple):
    """A column of customer_features made from an attribute: `kind` is its type, `level` that of a nominal one."""

    feature: str
    name: str
    kind: str
    level: str | None


def name_segments_by_attributes(
    summary: Sequence[Mapping[str, Any]],
    profile: Sequence[Mapping[str, Any]],
    deviations: Mapping[int, Mapping[str, float]],
    attributes: Sequence[Attribute],
    own: Mapping[str, str],
) -> dict[int, str]:
    """A name for every segment: its two most distinctive attributes, and more where two segments would have the same name.

    Parameters
    ----------
    summary
        Rows of segment_summary: `segment_id`, `customers`.
    profile
        Rows of segment_profile: `segment_id`, `feature`, `mean`.
    deviations
        By segment and compared feature, the distance of its mean from that of all customers, in standard deviations.
    attributes
        In the order of the settings, which is also their order within a name.
    own
        The retailer's own names, by generated name.

    Raises
    ------
    SettingsError
        Own names would give two segments the same name.
    """
    means = {(row[SEGMENT_ID], row["feature"]): row["mean"] for row in profile}
    sizes = {row[SEGMENT_ID]: row["customers"] for row in summary}
    phrases = {s: _phrases({a: means.get((s, a.feature)) for a in attributes}, deviations[s]) for s in sizes}
    return with_custom_names(distinct_names(phrases, sizes, _BY_SIZE), own)


def _phrases(means: Mapping[Attribute, float | None], deviations: Mapping[str, float]) -> list[str]:
    """The name, then further phrases, the strongest first."""
    worded = {a: phrase for a, mean in means.items() if (phrase := _phrase(a, mean, deviations.get(a.feature, 0.0)))}
    ranked = sorted(worded, key=lambda a: -abs(deviations[a.feature]))
    leading = [worded[a] for a in worded if a in ranked[:_IN_A_NAME]]
    name = ", ".join(leading) or _NOTHING_SPECIAL
    return [name[:1].upper() + name[1:], *(worded[a] for a in ranked[_IN_A_NAME:])]


def _phrase(attribute: Attribute, mean: float | None, deviation: float) -> str | None:
    label = attribute.name.replace("_", " ")
    if mean is None or abs(deviation) < _CLEAR:
        return None
    if attribute.kind in ("number", "ordinal"):
        high, low = WORDS.get(attribute.name, (f"high {label}", f"low {label}"))
        return high if deviation > 0 else low
    what = label if attribute.level is None else attribute.level
    if deviation > 0 and mean >= _MOSTLY:
        return what if mean >= _NEARLY_ALL else f"mostly {what}"
    return f"rarely {what}" if attribute.level is None and deviation < 0 and mean <= _RARELY else None
