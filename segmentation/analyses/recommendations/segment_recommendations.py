"""Recommendations for each segment in words, with the figures they are based on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

from segmentation.analyses.recommendations.association_rules import Lift, bonferroni_alpha, lift_of
from segmentation.analyses.recommendations.purchased_products import PurchasedProduct, SegmentBuyers
from segmentation.analyses.recommendations.tables import SEGMENT_RECOMMENDATIONS
from segmentation.schemas import CATEGORY, DESCRIPTION, PRODUCT_ID, SEGMENT_ID, Record
from segmentation.settings import BasketsSettings

BASKET, PRODUCT, CATEGORY_KIND, NONE = "basket", "product", "category", "none"
_EMPTY: dict[str, Any] = dict.fromkeys(SEGMENT_RECOMMENDATIONS.schema.names)


def segment_products(
    products: Sequence[PurchasedProduct], segments: Mapping[int, SegmentBuyers], settings: BasketsSettings
) -> list[dict[str, Any]]:
    """One row per segment and product, with its lift; `rank` is set where there is enough evidence that the product is typical.

    The lift compares shares of choices, not of customers: customers who buy more buy more of everything, which says nothing about taste.
    """
    counts = {s: {index: product.customers.get(s, 0) for index, product in enumerate(products)} for s in segments}

    def labels(index: int) -> dict[str, Any]:
        return {PRODUCT_ID: products[index].product_id, DESCRIPTION: products[index].description}

    return _affinity_rows(counts, {s: segment.customers for s, segment in segments.items()}, labels, settings)


def segment_categories(segments: Mapping[int, SegmentBuyers], settings: BasketsSettings) -> list[dict[str, Any]]:
    """One row per segment and category, as in `segment_products`; a category that nobody bought has no lift."""
    names = list(next(iter(segments.values())).by_category)
    counts = {s: dict(enumerate(segment.by_category.values())) for s, segment in segments.items()}
    return _affinity_rows(counts, {s: segment.customers for s, segment in segments.items()}, lambda n: {CATEGORY: names[n]}, settings)


def ranked_rows(rows: Iterable[Mapping[str, Any]], segment: int) -> list[Mapping[str, Any]]:
    """A segment's rows that have a rank, in order of rank."""
    return sorted((row for row in rows if row[SEGMENT_ID] == segment and row["rank"]), key=lambda row: row["rank"])


def _affinity_rows(
    counts: Mapping[int, Mapping[int, int]],
    customers: Mapping[int, int],
    labels: Callable[[int], dict[str, Any]],
    settings: BasketsSettings,
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    alpha = bonferroni_alpha(sum(map(len, counts.values())))
    # A customer chooses an item once. Every segment has the same items in the same order.
    totals = [sum(item_counts) for item_counts in zip(*(chosen.values() for chosen in counts.values()), strict=True)]
    for segment, chosen in counts.items():
        segment_choices, all_choices = sum(chosen.values()), sum(totals)
        lifts = {item: lift_of(hits, segment_choices, totals[item], all_choices, alpha) for item, hits in chosen.items()}
        ranks = _ranks(lifts, chosen, settings)
        rows += [
            {
                SEGMENT_ID: segment,
                **labels(item),
                "customers": count,
                "customer_share": count / customers[segment] if customers[segment] else 0.0,
                "lift": lift.lift if (lift := lifts[item]) else None,
                "lift_ci_low": lift.ci_low if lift else None,
                "rank": ranks.get(item),
            }
            for item, count in chosen.items()
        ]
    return rows


def _ranks(lifts: Mapping[int, Lift | None], customers: Mapping[int, int], settings: BasketsSettings) -> dict[int, int]:
    """Ranks of typical items, from 1, by the lower bound of their lift, so that a handful of customers cannot put an item first."""
    typical = {
        item: lift.ci_low
        for item, lift in lifts.items()
        if lift and customers[item] >= settings.min_customers and lift.lift >= settings.min_lift and lift.ci_low > 1
    }
    ordered = sorted(typical, key=lambda item: (-typical[item], item))
    return {item: rank for rank, item in enumerate(ordered, start=1)}


@dataclass(frozen=True)
class Affinities:
    """Rows of segment_products, segment_categories and association_rules."""

    segments: Sequence[int]
    products: Sequence[Record]
    categories: Sequence[Record]
    rules: Sequence[Record]


def segment_recommendations(
    affinities: Affinities, reach: Mapping[tuple[int, int], int], settings: BasketsSettings
) -> list[dict[str, Any]]:
    """The best basket, product and category of each segment, then the next best; where there are fewer, one row gives the reason.

    `reach` has, by segment and rank of a product, the customers who never bought it.
    """
    rows = []
    for segment in affinities.segments:
        best = _without_repeats(chain.from_iterable(zip_longest(*_options(affinities, reach, segment, settings.min_customers))))
        chosen = best[: settings.n_recommendations]
        if len(chosen) < settings.n_recommendations:
            chosen.append(_reason_for_fewer(len(chosen), settings))
        rows += [{**_EMPTY, SEGMENT_ID: segment, "rank": rank, **row} for rank, row in enumerate(chosen, start=1)]
    return rows


def _options(
    affinities: Affinities, reach: Mapping[tuple[int, int], int], segment: int, min_customers: int
) -> tuple[list[dict[str, Any]], ...]:
    """Baskets, products and categories that may be recommended to enough customers of a segment, best first."""
    by_sales = sorted(ranked_rows(affinities.rules, segment), key=_expected_buyers, reverse=True)
    baskets = [_basket(row) for row in by_sales if row["customers"] >= min_customers]
    without = [(row, reach.get((segment, row["rank"]), 0)) for row in ranked_rows(affinities.products, segment)]
    products = [_product(row, customers) for row, customers in without if customers >= min_customers]
    return baskets, products, [_category(row) for row in ranked_rows(affinities.categories, segment)]


def _expected_buyers(row: Record) -> float:
    """Buyers of the consequent, if customers without it were like those with it."""
    return float(row["customers"] * row["confidence"])


def _without_repeats(rows: Iterable[dict[str, Any] | None]) -> list[dict[str, Any]]:
    """The first row of each product and of each category."""
    first: dict[Any, dict[str, Any]] = {}
    for row in rows:
        if row:
            first.setdefault((row.get(PRODUCT_ID), row.get(CATEGORY)), row)
    return list(first.values())


def _basket(row: Record) -> dict[str, Any]:
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


def _product(row: Record, customers: int) -> dict[str, Any]:
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


def _category(row: Record) -> dict[str, Any]:
    return {
        "kind": CATEGORY_KIND,
        "recommendation": f"Lead with {_quoted(row[CATEGORY])}: {row['customer_share']:.0%} of its customers bought from it, "
        f"and it is {_times(row['lift'])} as frequent among their choices as among all customers’",
        CATEGORY: row[CATEGORY],
        "customers": row["customers"],
        "share": row["customer_share"],
        "lift": row["lift"],
    }


def _reason_for_fewer(n_recommendations: int, settings: BasketsSettings) -> dict[str, Any]:
    return {
        "kind": NONE,
        "recommendation": f"{'Nothing more' if n_recommendations else 'Nothing'} to recommend on enough evidence: a product or category "
        f"needs {settings.min_customers:,} of its customers, a basket {settings.min_orders:,} of its orders, and each to be "
        f"{settings.min_lift:g} times as frequent as expected, and surely more than chance",
    }


def _customers(count: int) -> str:
    return f"{count:,} {'customer' if count == 1 else 'customers'}"


def _quoted(text: str) -> str:
    return f"“{text}”"


def _times(lift: float) -> str:
    return f"{lift:,.1f} times" if lift < 10 else f"{lift:,.0f} times"
