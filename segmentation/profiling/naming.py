"""Names of segments, by rules on how each compares with the others, never by its number."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, count
from typing import Any, NamedTuple

from segmentation.errors import SettingsError
from segmentation.schemas import (
    BREADTH_CATEGORIES,
    CATEGORY_SHARE_PREFIX,
    FREQUENCY_ORDERS,
    MONETARY_NET,
    ORDER_VALUE_AVG,
    RECENCY_DAYS,
    RETURN_RATE,
    SEGMENT_ID,
    TENURE_DAYS,
    WEEKEND_ORDER_SHARE,
)

_UPPER_THIRD, _LOWER_THIRD = 2 / 3, 1 / 3
_ABOVE, _BELOW = 120, 100 / 1.2
"""Index from which a segment can be high, and up to which it can be low, whatever its rank."""
_BY_SPEND = ("higher spend", "lower spend", "by spend")
_CLEAR = 0.5
"""Minimum distance from the mean of all customers for a name, in standard deviations (a medium effect: Cohen 1988)."""
_MOSTLY, _RARELY, _NEARLY_ALL = 0.6, 0.2, 0.95
_IN_A_NAME = 2
_NOTHING_SPECIAL = "close to average"
_BY_SIZE = ("larger", "smaller", "by size")
WORDS = {"age": ("older", "younger")}
"""Words for high and low values of attributes that these two words do not fit."""


class Level(StrEnum):
    """Level of a segment's median among all customers in one feature."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


class SegmentKind(NamedTuple):
    """The kind of a segment: its level of net spend, and of recency."""

    value: Level
    absence: Level


NAMES = {
    SegmentKind(Level.HIGH, Level.LOW): "Best customers",
    SegmentKind(Level.HIGH, Level.MIDDLE): "Big spenders",
    SegmentKind(Level.HIGH, Level.HIGH): "Lapsing big spenders",
    SegmentKind(Level.MIDDLE, Level.LOW): "Active regulars",
    SegmentKind(Level.MIDDLE, Level.MIDDLE): "Regulars",
    SegmentKind(Level.MIDDLE, Level.HIGH): "Lapsing regulars",
    SegmentKind(Level.LOW, Level.LOW): "Recent occasional buyers",
    SegmentKind(Level.LOW, Level.MIDDLE): "Occasional buyers",
    SegmentKind(Level.LOW, Level.HIGH): "Lapsed occasional buyers",
}


@dataclass(frozen=True)
class Figures:
    """A feature of one segment: mean, median, and index (100 = average of all customers)."""

    mean: float | None
    median: float | None
    index: float | None


class TraitRule(NamedTuple):
    """A phrase, and the condition on a feature for it to apply."""

    feature: str
    phrase: str
    holds: Callable[[Figures], bool]


def _above(index: float, mean: float = 0.0) -> Callable[[Figures], bool]:
    return lambda f: f.index is not None and f.mean is not None and f.index >= index and f.mean >= mean


def _below(index: float) -> Callable[[Figures], bool]:
    return lambda f: f.index is not None and f.index <= index


_FAVOURITE = _above(150, 0.25)
"""A favourite category has at least a quarter of the spend, and 1.5 times the average customer's share."""

TRAITS = (
    TraitRule(FREQUENCY_ORDERS, "one order", lambda f: f.median == 1),
    TraitRule(RETURN_RATE, "returning much", _above(200, 0.05)),
    TraitRule(ORDER_VALUE_AVG, "large orders", _above(150)),
    TraitRule(ORDER_VALUE_AVG, "small orders", _below(67)),
    TraitRule(TENURE_DAYS, "new", _below(60)),
    TraitRule(TENURE_DAYS, "long with us", _above(150)),
    TraitRule(BREADTH_CATEGORIES, "many categories", _above(130)),
    TraitRule(BREADTH_CATEGORIES, "few categories", _below(70)),
    TraitRule(WEEKEND_ORDER_SHARE, "at weekends", _above(150, 0.3)),
)
"""In the order in which they distinguish segments of one kind; the favourite category comes before all of them."""


@dataclass(frozen=True)
class SegmentNaming:
    """A segment's kind and name."""

    kind: SegmentKind
    name: str


def name_segments(
    summary: Sequence[Mapping[str, Any]], profile: Sequence[Mapping[str, Any]], categories: Mapping[str, str], own: Mapping[str, str]
) -> dict[int, SegmentNaming]:
    """The kind of every segment, and a unique name for it.

    `summary` has rows of segment_summary with `segment_id` and `customers`. `profile` has rows of segment_profile with `segment_id`,
    `feature`, `mean`, `p50` and `index`. `categories` gives the name of each category by the ending of its column. `own` gives the
    retailer's own names by generated name.

    Raises SettingsError where own names would give two segments the same name.
    """
    figures = {row[SEGMENT_ID]: _figures(profile, row[SEGMENT_ID]) for row in summary}
    sizes = {row[SEGMENT_ID]: row["customers"] for row in summary}
    kinds = {s: SegmentKind(_level(MONETARY_NET, s, figures, sizes), _level(RECENCY_DAYS, s, figures, sizes)) for s in sizes}
    phrases = {s: [NAMES[kinds[s]], *_traits(own_figures, categories)] for s, own_figures in figures.items()}
    names = distinct_names(phrases, {s: own_figures[MONETARY_NET].mean or 0.0 for s, own_figures in figures.items()}, _BY_SPEND)
    called = with_custom_names(names, own)
    return {s: SegmentNaming(kinds[s], called[s]) for s in sizes}


def with_custom_names(names: Mapping[int, str], own: Mapping[str, str]) -> dict[int, str]:
    """Names, replaced by the retailer's own where there are any.

    `own` gives these by the name they replace. Raises SettingsError where they would give two segments the same name.
    """
    called = {s: own.get(name, name) for s, name in names.items()}
    if twice := [name for name, bearers in Counter(called.values()).items() if bearers > 1]:
        raise SettingsError(f"report.segment_names: {', '.join(map(repr, twice))} would name more than one segment")
    return called


def continued_names(fresh: Mapping[int, str], carried: Mapping[int, str], own: Mapping[str, str]) -> dict[int, str]:
    """Names of segments: continued segments keep theirs (`carried`), and new ones get a `fresh` name that is not taken."""
    names = {s: own.get(carried[s], carried[s]) for s in fresh if s in carried}
    for segment in sorted(fresh.keys() - names.keys()):
        names[segment] = _unlike(fresh[segment], set(names.values()))
    return {s: names[s] for s in fresh}


def _unlike(name: str, taken: Collection[str]) -> str:
    """The name, or the first of "name, new", "name, new 2" and so on that is not taken."""
    others = chain([name, f"{name}, new"], (f"{name}, new {number}" for number in count(2)))
    return next(other for other in others if other not in taken)


def _figures(profile: Sequence[Mapping[str, Any]], segment: int) -> dict[str, Figures]:
    return {row["feature"]: Figures(row["mean"], row["p50"], row["index"]) for row in profile if row[SEGMENT_ID] == segment}


def _level(feature: str, segment: int, figures: Mapping[int, Mapping[str, Figures]], sizes: Mapping[int, int]) -> Level:
    """High or low if the segment's median ranks in the outer third of all customers and its index is clear of 100."""
    medians = {s: own_figures[feature].median for s, own_figures in figures.items()}
    mine, index = medians[segment], figures[segment][feature].index
    if mine is None or index is None:
        return Level.MIDDLE
    below = sum(sizes[s] for s, median in medians.items() if median is not None and median < mine)
    level_with = sum(sizes[s] for s, median in medians.items() if median == mine)
    rank = (below + level_with / 2) / sum(sizes.values())
    if rank > _UPPER_THIRD and index >= _ABOVE:
        return Level.HIGH
    return Level.LOW if rank < _LOWER_THIRD and index <= _BELOW else Level.MIDDLE


def _traits(figures: Mapping[str, Figures], categories: Mapping[str, str]) -> list[str]:
    shares = {slug: figures[CATEGORY_SHARE_PREFIX + slug] for slug in categories if CATEGORY_SHARE_PREFIX + slug in figures}
    liked = [slug for slug, share in shares.items() if slug != "other" and _FAVOURITE(share)]
    favourite = max(liked, key=lambda slug: shares[slug].mean or 0.0, default=None)
    first = [f"mostly {categories[favourite]}"] if favourite else []
    return first + [rule.phrase for rule in TRAITS if rule.feature in figures and rule.holds(figures[rule.feature])]


def distinct_names(phrases: Mapping[int, Sequence[str]], amounts: Mapping[int, float], words: tuple[str, str, str]) -> dict[int, str]:
    """Names with as many phrases as make them unique; equal names are then distinguished by an amount."""
    length = dict.fromkeys(phrases, 1)
    while True:
        names = {s: ", ".join(phrases[s][: length[s]]) for s in phrases}
        alike = [s for s, bearers in _counts(names).items() if bearers > 1 and length[s] < len(phrases[s])]
        if not alike:
            return {s: name + _by_amount(s, names, amounts, words) for s, name in names.items()}
        length |= {s: length[s] + 1 for s in alike}


def _counts(names: Mapping[int, str]) -> dict[int, int]:
    counted = Counter(names.values())
    return {s: counted[name] for s, name in names.items()}


def _by_amount(segment: int, names: Mapping[int, str], amounts: Mapping[int, float], words: tuple[str, str, str]) -> str:
    alike = sorted((s for s, name in names.items() if name == names[segment]), key=lambda s: (-amounts[s], s))
    higher, lower, order = words
    if len(alike) == 1:
        return ""
    if len(alike) == 2:
        return f", {higher}" if segment == alike[0] else f", {lower}"
    return f", {alike.index(segment) + 1} of {len(alike)} {order}"


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

    `summary` has rows of segment_summary with `segment_id` and `customers`. `profile` has rows of segment_profile with `segment_id`,
    `feature` and `mean`. `deviations` gives, by segment and compared feature, the distance of the segment's mean from the mean of all
    customers, in standard deviations.

    `attributes` are in the order of the settings, which is also their order within a name. `own` gives the retailer's own names by
    generated name. Raises SettingsError where own names would give two segments the same name.
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
