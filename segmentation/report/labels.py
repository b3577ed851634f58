"""Labels of features, categories and segments on the page."""

from calendar import month_name
from collections.abc import Mapping
from typing import Any

import pandas as pd

from segmentation.report.formats import is_missing, plain
from segmentation.report.report_data import ReportData

CATEGORY_SHARE_PREFIX = "category_share_"
MONTH_SHARE_PREFIX = "month_order_share_"

_FEATURES = {
    "recency_days": "Days since last purchase",
    "recency_btyd_days": "Days between first and last purchase",
    "tenure_days": "Days since first purchase",
    "frequency_orders": "Orders",
    "purchase_days": "Days with a purchase",
    "monetary_net": "Net spend",
    "monetary_gross": "Spend before returns",
    "order_value_avg": "Average order value",
    "interpurchase_days_avg": "Days between purchases",
    "breadth_products": "Different products",
    "breadth_categories": "Different categories",
    "return_rate": "Return rate",
    "weekend_order_share": "Orders at weekends",
}
_LONGEST = 60


def segment_labels(summary: pd.DataFrame) -> dict[int, str]:
    """The name of each segment: its ``segment_name`` where there is one, else "Segment 1" and so on."""
    names = summary["segment_name"] if "segment_name" in summary.columns else [None] * len(summary)
    return {
        int(segment): f"Segment {segment}" if is_missing(name) or not plain(name) else plain(name, _LONGEST)
        for segment, name in zip(summary["segment_id"], names, strict=True)
    }


def numbered(segment: int, label: str) -> str:
    """A segment's number and name; the number keeps labels unique where long names are cut."""
    return label if label == f"Segment {segment}" else f"{segment} · {label}"


def feature_labels(data: ReportData) -> dict[str, str]:
    """A short label for each feature that customers are compared by or that the profile describes."""
    names = [str(row["feature"]) for row in data.manifest["features"]]
    if not data.profile.empty:
        names += [str(name) for name in data.profile["feature"].unique()]
    return {name: _label(name, data) for name in names} | _attribute_labels(data.attributes)


def _attribute_labels(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Label of an attribute: its name, a level as in "Gender: Female", or that it is missing."""
    labels = {name: _sentence_case(name.replace("_", " ")) for name in attributes}
    features = [(name, feature, level) for name, attribute in attributes.items() for feature, level in attribute["features"].items()]
    flags = {attribute["flag"]: f"{labels[name]} missing" for name, attribute in attributes.items() if attribute["flag"]}
    return {
        feature: labels[name] if level is None else plain(f"{labels[name]}: {level}", _LONGEST) for name, feature, level in features
    } | flags


def is_category_share(feature: str) -> bool:
    """Whether a feature is the share of spend in one category."""
    return feature.startswith(CATEGORY_SHARE_PREFIX)


def category_label(feature: str, data: ReportData) -> str:
    """The category of a share: its name in the log, else derived from the column's name."""
    slug = feature.removeprefix(CATEGORY_SHARE_PREFIX)
    name = data.manifest.get("categories", {}).get(slug)
    return _sentence_case(slug.replace("_", " ") if name is None else str(name))


def month_of(feature: str) -> str | None:
    """The month whose orders a feature is the share of: ``month_order_share_12`` is December's."""
    number = feature.removeprefix(MONTH_SHARE_PREFIX) if feature.startswith(MONTH_SHARE_PREFIX) else ""
    return month_name[int(number)] if number in {f"{month:02d}" for month in range(1, 13)} else None


def _label(feature: str, data: ReportData) -> str:
    if is_category_share(feature):
        return f"Spend on {category_label(feature, data)}"
    month = month_of(feature)
    return f"Orders in {month}" if month else _FEATURES.get(feature, _sentence_case(feature.replace("_", " ")))


def _sentence_case(name: str) -> str:
    words = plain(name, _LONGEST)
    return words[:1].upper() + words[1:]
