"""What a segment's customers choose more often than all customers do."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from segmentation.insight.assortment import Product, Segment
from segmentation.insight.evidence import Lift, error_of_one, lift_of
from segmentation.schemas import CATEGORY, DESCRIPTION, PRODUCT_ID, SEGMENT_ID
from segmentation.settings import BasketsSettings


def segment_products(products: Sequence[Product], segments: Mapping[int, Segment], settings: BasketsSettings) -> list[dict[str, Any]]:
    """One row per segment and product looked at, with its lift; `rank` where there is enough evidence that it is typical.

    Lift is told of choices and not of customers: who buys more buys more of everything, which says nothing of taste.

    Parameters
    ----------
    products, segments
        Counts.
    settings
        How much evidence is enough.
    """
    counts = {s: {number: product.customers.get(s, 0) for number, product in enumerate(products)} for s in segments}

    def described(number: int) -> dict[str, Any]:
        return {PRODUCT_ID: products[number].product_id, DESCRIPTION: products[number].description}

    return _rows(counts, {s: segment.customers for s, segment in segments.items()}, described, settings)


def segment_categories(segments: Mapping[int, Segment], settings: BasketsSettings) -> list[dict[str, Any]]:
    """The same for categories; what nobody bought has no lift."""
    names = list(next(iter(segments.values())).by_category)
    counts = {s: dict(enumerate(segment.by_category.values())) for s, segment in segments.items()}
    return _rows(counts, {s: segment.customers for s, segment in segments.items()}, lambda n: {CATEGORY: names[n]}, settings)


def _rows(
    counts: Mapping[int, Mapping[int, int]],
    customers: Mapping[int, int],
    described: Callable[[int], dict[str, Any]],
    settings: BasketsSettings,
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    error = error_of_one(sum(map(len, counts.values())))
    # A customer chooses a thing once; the same things stand in the same order for each segment.
    totals = [sum(chosen) for chosen in zip(*(chosen.values() for chosen in counts.values()), strict=True)]
    for segment, chosen in counts.items():
        mine, all_choices = sum(chosen.values()), sum(totals)
        lifts = {thing: lift_of(hits, mine, totals[thing], all_choices, error) for thing, hits in chosen.items()}
        ranks = _ranks(lifts, chosen, settings)
        rows += [
            {
                SEGMENT_ID: segment,
                **described(thing),
                "customers": count,
                "customer_share": count / customers[segment] if customers[segment] else 0.0,
                "lift": lift.lift if (lift := lifts[thing]) else None,
                "lift_low": lift.low if lift else None,
                "rank": ranks.get(thing),
            }
            for thing, count in chosen.items()
        ]
    return rows


def _ranks(lifts: Mapping[int, Lift | None], customers: Mapping[int, int], settings: BasketsSettings) -> dict[int, int]:
    """Places of what is typical, from 1: by the lower bound, so that a few lucky customers don't come first."""
    typical = {
        thing: lift.low
        for thing, lift in lifts.items()
        if lift and customers[thing] >= settings.least_customers and lift.lift >= settings.least_lift and lift.low > 1
    }
    ordered = sorted(typical, key=lambda thing: (-typical[thing], thing))
    return {thing: rank for rank, thing in enumerate(ordered, start=1)}


def ranked(rows: Iterable[Mapping[str, Any]], segment: int) -> list[Mapping[str, Any]]:
    """A segment's rows that have a rank, in its order."""
    return sorted((row for row in rows if row[SEGMENT_ID] == segment and row["rank"]), key=lambda row: row["rank"])
