"""Distinctive features: a sentence per segment on its largest effects compared with all other customers, given as indices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from segmentation.report.formats import is_missing, log_ratio, measure, percent, ratio
from segmentation.report.labels import CATEGORY_SHARE_PREFIX, category_label, feature_labels, is_category_share, month_of
from segmentation.report.report_data import ReportData, records

_FIGURES = ("mean", "index", "hedges_g", "rank")
_MAX_TRAITS = 3
_MIN_STRENGTH = log_ratio(110)
_AS_MULTIPLE = 150
_DISTINCTIVE_INDEX = 120
# Shares of a percent or two reach any index by chance: smaller differences are not mentioned.
_MIN_SHARE_DIFFERENCE = 0.02
# Spend outside the named categories says nothing about preferences.
_REMAINDER = CATEGORY_SHARE_PREFIX + "other"

# Wordings for a multiple, for somewhat more and for less; "as average" or "than average" may follow each of them.
_COMPARISONS = {
    "frequency_orders": ("buys {} as often", "buys {} more often", "buys {} less often"),
    "purchase_days": ("buys on {} as many days", "buys on {} more days", "buys on {} fewer days"),
    "monetary_net": ("spends {} as much", "spends {} more", "spends {} less"),
    "monetary_gross": ("spends {} as much before returns", "spends {} more before returns", "spends {} less before returns"),
    "order_value_avg": ("places orders {} as large", "places orders {} larger", "places orders {} smaller"),
    "breadth_products": ("buys {} as many different products", "buys {} more different products", "buys {} fewer different products"),
    "breadth_categories": ("buys from {} as many categories", "buys from {} more categories", "buys from {} fewer categories"),
}
_LEVELS = {
    "recency_days": ("last bought", "ago"),
    "tenure_days": ("first bought", "ago"),
    "interpurchase_days_avg": ("lets", "pass between purchases"),
    "return_rate": ("returns", "of what it buys"),
    "weekend_order_share": ("places", "of its orders at weekends"),
}
# Features that say nearly the same: the first is omitted where the second is mentioned.
_SAME_STORY = {"purchase_days": "frequency_orders", "monetary_gross": "monetary_net"}


@dataclass(frozen=True)
class Trait:
    """One feature of one segment compared with the average of all customers; ``rank`` is 1 for the largest of its effects."""

    feature: str
    label: str
    unit: str
    mean: float
    index: float
    effect: float
    rank: int

    @property
    def strength(self) -> float:
        """How often the average is doubled or halved: the absolute base-2 logarithm of the index / 100."""
        return abs(log_ratio(self.index))

    @property
    def average(self) -> float | None:
        """The mean of all customers, as the index implies it; None where the segment's own mean is 0."""
        return 100 * self.mean / self.index if self.index else None

    @property
    def is_distinctive(self) -> bool:
        """Whether the difference is large enough to mention, and has the same direction by index and by effect."""
        is_small = self.unit == "share" and abs(self.mean - (self.average or 0.0)) < _MIN_SHARE_DIFFERENCE
        # Where a few large customers dominate the average, a segment can be above it by logarithms and below it by its mean.
        is_plain = (self.index - 100) * self.effect > 0
        return is_plain and self.strength >= _MIN_STRENGTH and (self.average is None or not is_small)


def distinctive_features(data: ReportData) -> dict[int, str]:
    """A sentence for each segment on what sets it apart from the average customer."""
    profile = records(data.profile)
    rows = {segment: [row for row in profile if row["segment_id"] == segment] for segment in data.summary["segment_id"]}
    labels = feature_labels(data)
    return {segment: _sentence(_traits(own, labels), data) for segment, own in rows.items()}


def _traits(rows: list[dict[str, Any]], labels: Mapping[str, str]) -> list[Trait]:
    known = (row for row in rows if not any(is_missing(row[name]) for name in _FIGURES))
    traits = (Trait(row["feature"], labels[row["feature"]], row["unit"], *(row[name] for name in _FIGURES)) for row in known)
    return sorted((trait for trait in traits if trait.is_distinctive), key=lambda trait: trait.rank)


def _sentence(traits: list[Trait], data: ReportData) -> str:
    facts = ", ".join(_phrases(_without_repeats(traits), data.currency)) or "close to the average customer in everything measured"
    favourite = _favourite([trait for trait in traits if is_category_share(trait.feature)])
    taste = f"; most distinctive category: {_taste(favourite, data)}" if favourite else ""
    return facts[:1].upper() + facts[1:] + taste + "."


def _without_repeats(traits: list[Trait]) -> list[Trait]:
    features = {trait.feature for trait in traits}
    return [t for t in traits if not is_category_share(t.feature) and _SAME_STORY.get(t.feature) not in features][:_MAX_TRAITS]


def _favourite(shares: list[Trait]) -> Trait | None:
    distinctive = [trait for trait in shares if trait.index >= _DISTINCTIVE_INDEX and trait.feature != _REMAINDER]
    return min(distinctive, key=lambda trait: trait.rank, default=None)


def _phrases(traits: list[Trait], currency: str | None) -> list[str]:
    compared = [trait for trait in traits if trait.feature in _COMPARISONS and trait.index > 0]
    return [_comparison(trait, trait is compared[0]) if trait in compared else _level(trait, currency) for trait in traits]


def _comparison(trait: Trait, is_first: bool) -> str:
    multiple, more, less = _COMPARISONS[trait.feature]
    if trait.index >= _AS_MULTIPLE:
        return multiple.format(ratio(trait.index)) + (" as average" if is_first else "")
    gap = percent(abs(trait.index - 100) / 100, places=0)
    return (more if trait.index > 100 else less).format(gap) + (" than average" if is_first else "")


def _level(trait: Trait, currency: str | None) -> str:
    month = month_of(trait.feature)
    before, after = ("places", f"of its orders in {month}") if month else _LEVELS.get(trait.feature, (trait.label, ""))
    average = "" if trait.average is None else f"(all customers: {_rounded(trait.average, trait.unit, currency)})"
    return " ".join(part for part in (before, _rounded(trait.mean, trait.unit, currency), after, average) if part)


def _rounded(value: float, unit: str, currency: str | None) -> str:
    if unit == "share":
        return measure(value, unit, currency)
    return measure(round(value) if abs(value) >= 10 else round(value, 1), unit, currency)


def _taste(share: Trait, data: ReportData) -> str:
    everyone = "" if share.average is None else f", all customers: {percent(share.average, places=0)}"
    return f"{category_label(share.feature, data)} ({percent(share.mean, places=0)} of its spend{everyone})"
