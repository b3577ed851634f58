"""Products and categories that a segment's customers choose more often than all customers do."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from segmentation.analyses.recommendations.lift import Lift, bonferroni_alpha, lift_of
from segmentation.analyses.recommendations.purchased_products import PurchasedProduct, SegmentBuyers
from segmentation.schemas import CATEGORY, DESCRIPTION, PRODUCT_ID, SEGMENT_ID
from segmentation.settings import BasketsSettings


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
