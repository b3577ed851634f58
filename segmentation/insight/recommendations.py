"""Three things to do about each segment, in words, with the figures they rest on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

from segmentation.insight.affinity import ranked
from segmentation.schemas import CATEGORY, DESCRIPTION, PRODUCT_ID, SEGMENT_ID, SEGMENT_RECOMMENDATIONS
from segmentation.settings import BasketsSettings

Row = Mapping[str, Any]
BASKET, PRODUCT, CATEGORY_KIND, NONE = "basket", "product", "category", "none"


@dataclass(frozen=True)
class Affinities:
    """What was found of each segment, as rows of the tables named alike."""

    segments: Sequence[int]
    products: Sequence[Row]
    categories: Sequence[Row]
    baskets: Sequence[Row]


_NOTHING: dict[str, Any] = dict.fromkeys(SEGMENT_RECOMMENDATIONS.names)


def segment_recommendations(
    affinities: Affinities, reach: Mapping[tuple[int, int], int], settings: BasketsSettings
) -> list[dict[str, Any]]:
    """The best basket, product and category of each segment, then the next best; where there are fewer, one row says why.

    Parameters
    ----------
    affinities
        Rows of segment_products, segment_categories and segment_baskets.
    reach
        By segment and rank of a product: customers who never bought it.
    settings
        How many recommendations, and how much evidence was asked for.
    """
    rows = []
    for segment in affinities.segments:
        enough = settings.least_customers
        by_sales = sorted(ranked(affinities.baskets, segment), key=_sales, reverse=True)
        together = [_basket(row) for row in by_sales if row["customers"] >= enough]
        without = {row["rank"]: reach.get((segment, row["rank"]), 0) for row in ranked(affinities.products, segment)}
        typical = [_product(row, without[row["rank"]]) for row in ranked(affinities.products, segment) if without[row["rank"]] >= enough]
        liked = [_category(row) for row in ranked(affinities.categories, segment)]
        best = list(_without_repeats(chain.from_iterable(zip_longest(together, typical, liked))))[: settings.recommendations]
        if len(best) < settings.recommendations:
            best.append(_missing(len(best), settings))
        rows += [{**_NOTHING, SEGMENT_ID: segment, "place": place, **found} for place, found in enumerate(best, start=1)]
    return rows


def _sales(row: Row) -> float:
    """How many would buy, if those who haven't were like those who have."""
    return float(row["customers"] * row["confidence"])


def _without_repeats(found: Iterator[dict[str, Any] | None]) -> Iterator[dict[str, Any]]:
    """Each product once, whatever speaks for it."""
    seen = set()
    for row in found:
        subject = row and (row.get(PRODUCT_ID), row.get(CATEGORY))
        if row and subject not in seen:
            seen.add(subject)
            yield row


def _basket(row: Row) -> dict[str, Any]:
    first, second = _quoted(row["antecedent_text"]), _quoted(row["consequent_text"])
    return {
        "kind": BASKET,
        "recommendation": f"Show {second} to the {_customers(row['customers'])} who bought {first} but never this: "
        f"{row['confidence']:.0%} of the orders with the one hold the other, {_times(row['lift'])} its share of all the segment’s orders",
        PRODUCT_ID: row["consequent"],
        "antecedent": row["antecedent"],
        "customers": row["customers"],
        "share": row["confidence"],
        "lift": row["lift"],
    }


def _product(row: Row, customers: int) -> dict[str, Any]:
    return {
        "kind": PRODUCT,
        "recommendation": f"Feature {_quoted(row[DESCRIPTION] or row[PRODUCT_ID])} for the {_customers(customers)} without it: "
        f"{row['customer_share']:.0%} of the segment bought it, "
        f"and it is {_times(row['lift'])} as frequent among their choices as among all customers’",
        PRODUCT_ID: row[PRODUCT_ID],
        "customers": customers,
        "share": row["customer_share"],
        "lift": row["lift"],
    }


def _category(row: Row) -> dict[str, Any]:
    return {
        "kind": CATEGORY_KIND,
        "recommendation": f"Lead with {_quoted(row[CATEGORY])}: {row['customer_share']:.0%} of its customers bought from it, "
        f"and it is {_times(row['lift'])} as frequent among their choices as among all customers’",
        CATEGORY: row[CATEGORY],
        "customers": row["customers"],
        "share": row["customer_share"],
        "lift": row["lift"],
    }


def _missing(found: int, settings: BasketsSettings) -> dict[str, Any]:
    return {
        "kind": NONE,
        "recommendation": f"{'Nothing more' if found else 'Nothing'} to recommend on enough evidence: a product or category needs "
        f"{settings.least_customers:,} of its customers, a basket {settings.least_orders:,} of its orders, and each to be "
        f"{settings.least_lift:g} times as frequent as expected, and surely more than chance",
    }


def _customers(count: int) -> str:
    return f"{count:,} {'customer' if count == 1 else 'customers'}"


def _quoted(text: str) -> str:
    return f"“{text}”"


def _times(lift: float) -> str:
    return f"{lift:,.1f} times" if lift < 10 else f"{lift:,.0f} times"
