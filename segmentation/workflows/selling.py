"""What each segment buys, what goes together, and what to suggest to whom: tables beside those of every run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.clustering.sweep import hashed_sample
from segmentation.context import RunContext, run_concurrently, small_frame
from segmentation.insight import assortment, suggestions
from segmentation.insight.affinity import segment_categories, segment_products
from segmentation.insight.assortment import Product, Segment
from segmentation.insight.baskets import (
    SETS,
    Orders,
    Rule,
    basket_rules,
    buyers_of,
    frequent_sets,
    order_baskets,
    orders_of,
    segment_baskets,
    sets_of,
)
from segmentation.insight.recommendations import NONE, Affinities, segment_recommendations
from segmentation.privacy.crossed import choices_told
from segmentation.privacy.figures import without
from segmentation.privacy.suppression import is_small
from segmentation.publish.promise import Promise
from segmentation.schemas import (
    CATEGORY,
    CUSTOMER_ID,
    DESCRIPTION,
    NEXT_PRODUCTS,
    PRODUCT_ID,
    SEGMENT_BASKETS,
    SEGMENT_CATEGORIES,
    SEGMENT_ID,
    SEGMENT_PRODUCTS,
    SEGMENT_RECOMMENDATIONS,
)
from segmentation.settings import BasketsSettings
from segmentation.workflows.grouping import Grouped
from segmentation.workflows.ingestion import Ingested
from segmentation.workflows.small_groups import counted

Rows = list[dict[str, Any]]

_SCHEMAS = {
    "segment_products": SEGMENT_PRODUCTS,
    "segment_categories": SEGMENT_CATEGORIES,
    "segment_baskets": SEGMENT_BASKETS,
    "segment_recommendations": SEGMENT_RECOMMENDATIONS,
}
_KEYS = {
    "segment_products": (SEGMENT_ID, PRODUCT_ID),
    "segment_categories": (SEGMENT_ID, CATEGORY),
    "segment_baskets": (SEGMENT_ID, "rank"),
    "segment_recommendations": (SEGMENT_ID, "place"),
}
_NULLABLE: dict[str, tuple[str, ...]] = {
    "segment_products": (DESCRIPTION, "lift", "lift_low", "rank"),
    "segment_categories": ("lift", "lift_low", "rank"),
    "segment_baskets": (),
    "segment_recommendations": (PRODUCT_ID, "antecedent", CATEGORY, "customers", "share", "lift"),
}


@dataclass(frozen=True)
class Selling:
    """The small tables as rows, by name, how many suggestions were made, and how many values each table keeps back.

    Empty where it was not asked for.
    """

    tables: dict[str, Rows] = field(default_factory=dict)
    suggestions: int = 0
    kept_back: Mapping[str, int] = field(default_factory=dict)

    def promises(self) -> Mapping[str, Promise]:
        """What its tables must be."""
        if not self.tables:
            return {}
        few = {name: ("customers", "customer_share") if name in self.kept_back else () for name in self.tables}
        promises = {
            name: Promise(len(rows), _KEYS[name], _SCHEMAS[name], (*_NULLABLE[name], *few[name])) for name, rows in self.tables.items()
        }
        return {**promises, "next_products": Promise(self.suggestions, (CUSTOMER_ID, "place"), NEXT_PRODUCTS, (DESCRIPTION,))}


def selling(context: RunContext, log: Ingested | None, groups: Grouped) -> Selling:
    """Affinities, baskets and recommendations of each segment and suggestions for each customer, written."""
    few = context.settings.privacy.smallest_group
    settings = _of_no_few(context.settings.baskets, few)
    if log is None or not settings.use:
        return Selling()
    with context.run_log.stage("baskets") as stage:
        some = hashed_sample(groups.customers, groups.count, settings.sample_customers, "baskets", context.settings.clustering.seed)
        bought = context.cache(assortment.bought_lines(log.lines, some))
        products, segments = _counted(context, log, groups, some, bought)
        numbers = small_frame(context.spark, assortment.numbered(products), assortment.NUMBERS)
        rules = _rules(context, bought, numbers, len(products), list(segments))
        affinities = segment_products(products, segments, settings)
        suggested = [suggestions.candidates(s, rules[s], _of(affinities, s), products) for s in segments]
        listed = small_frame(context.spark, suggested, suggestions.CANDIDATES)
        everything = bought if some is groups.customers else assortment.bought_lines(log.lines, groups.customers)
        customers = assortment.with_bought_products(groups.customers, everything, numbers, len(products))
        fitting = context.cache(suggestions.with_fitting(customers, listed))
        best = suggestions.next_products(fitting, listed, numbers, settings.suggestions)
        made, reach = run_concurrently(
            partial(context.write_counted, best, "next_products"), partial(suggestions.reach_of, fitting, suggested)
        )
        exact = Affinities(
            list(segments),
            affinities,
            segment_categories(segments, settings),
            segment_baskets(rules, products, reach[suggestions.BASKET]),
        )
        found = _told(exact, {s: segment.customers for s, segment in segments.items()}, few)
        advised = segment_recommendations(replace(found, baskets=exact.baskets), reach[suggestions.SEGMENT], settings)
        tables = _tables(found, advised)
        for name, rows in tables.items():
            context.write_rows(name, rows, _SCHEMAS[name])
        advice = sum(row["kind"] != NONE for row in tables["segment_recommendations"])
        stage.count(products=len(products), baskets=len(found.baskets), recommendations=advice, suggestions=made)
    return Selling(tables, made, counted({name: (before, tables[name]) for name, before in _tables(exact, advised).items()}))


def _of_no_few(settings: BasketsSettings, smallest_group: int) -> BasketsSettings:
    """The settings with no less evidence than a group that may be told of."""
    return settings.model_copy(update={"least_customers": max(settings.least_customers, smallest_group)})


def _told(exact: Affinities, customers: Mapping[int, int], few: int) -> Affinities:
    """The same without small groups. Customers with the whole basket are more than few, so that those without the rest are told apart."""
    if few == 1:
        return exact
    baskets = [without(row, ["customers"]) if is_small(row["customers"], few) else row for row in exact.baskets]
    products, categories = (choices_told(rows, customers, few) for rows in (exact.products, exact.categories))
    return replace(exact, products=products, categories=categories, baskets=baskets)


def _counted(
    context: RunContext, log: Ingested, groups: Grouped, some: DataFrame, bought: DataFrame
) -> tuple[list[Product], dict[int, Segment]]:
    # The last is what is in no category.
    categories = {category.slug: category.name for category in log.categories[:-1]}
    products, segments = run_concurrently(
        partial(assortment.leading_products, bought, context.settings.baskets.most_products),
        partial(assortment.segments_of, some, categories),
    )
    nobody = Segment(0, dict.fromkeys(categories.values(), 0))
    # A sample may miss a small segment.
    return products, {s: segments.get(s, nobody) for s in groups.segments.ids}


def _rules(context: RunContext, bought: DataFrame, numbers: DataFrame, products: int, segments: Sequence[int]) -> dict[int, list[Rule]]:
    settings, few = context.settings.baskets, context.settings.privacy.smallest_group
    baskets = context.cache(order_baskets(bought, numbers, settings))
    orders = orders_of(baskets)

    def found(segment: int) -> list[Rule]:
        mine = orders.get(segment, Orders({}, {}))
        sets = frequent_sets(baskets.where(F.col(SEGMENT_ID) == segment), mine, settings)
        return basket_rules(sets, mine, products, settings)

    rules = dict(zip(segments, run_concurrently(*(partial(found, segment) for segment in segments)), strict=True))
    # So many orders can't be those of few customers.
    doubtful = sets_of(rules, (few - 1) * settings.orders_of_a_customer)
    buyers = buyers_of(baskets, small_frame(context.spark, doubtful, SETS)) if doubtful else {}
    return {s: [rule for rule in own if buyers.get((s, rule.products), few) >= few] for s, own in rules.items()}


def _of(rows: Rows, segment: int) -> Rows:
    return [row for row in rows if row[SEGMENT_ID] == segment]


def _tables(found: Affinities, recommendations: Rows) -> dict[str, Rows]:
    parts = (found.products, found.categories, found.baskets, recommendations)
    return {name: list(map(dict, rows)) for name, rows in zip(_SCHEMAS, parts, strict=True)}
