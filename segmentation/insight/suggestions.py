"""What to suggest to each customer next: what goes with their own past, else what is typical of their segment."""

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.insight.assortment import BIT, BOUGHT, NUMBER, WORD, Product, place_of
from segmentation.insight.baskets import Rule
from segmentation.schemas import BIGINT, CUSTOMER_ID, DOUBLE, INT, NEXT_PRODUCTS, PRODUCT_ID, SEGMENT_ID, STRING

BASKET, SEGMENT = "basket", "segment"
MOST_TYPICAL = 20
MOST_NEEDED = 2
_NO_NEED = {WORD: 0, BIT: 0}
_CANDIDATES, _ORDER = "candidates", "order"

_PLACE = T.StructType([T.StructField(WORD, INT), T.StructField(BIT, BIGINT)])
_CANDIDATE = T.StructType(
    [
        T.StructField("rank", INT),
        T.StructField("needs", T.ArrayType(_PLACE)),
        T.StructField(NUMBER, INT),
        T.StructField("place_of_it", _PLACE),
        T.StructField("antecedent", T.ArrayType(STRING)),
        T.StructField("because", STRING),
        T.StructField("score", DOUBLE),
    ]
)
CANDIDATES = T.StructType([T.StructField(SEGMENT_ID, INT), T.StructField(_CANDIDATES, T.ArrayType(_CANDIDATE))])
"""What may be suggested in a segment, best first."""


def candidates(segment: int, rules: Sequence[Rule], affinities: Sequence[Mapping[str, Any]], products: Sequence[Product]) -> dict[str, Any]:
    """One segment's rules, then its typical products, then those most of it bought; as a row.

    Parameters
    ----------
    segment
        Its id.
    rules
        Its best first.
    affinities
        Its rows of segment_products.
    products
        By number.
    """
    numbers = {product.product_id: number for number, product in enumerate(products)}
    ordered = sorted(affinities, key=lambda row: (row["rank"] or len(products) + 1, -row["customers"], numbers[row[PRODUCT_ID]]))
    typical = [row for row in ordered[:MOST_TYPICAL] if row["customers"]]
    from_rules = [
        _candidate(rank, rule.antecedent, rule.consequent, products, (BASKET, rule.confidence)) for rank, rule in enumerate(rules, start=1)
    ]
    from_segment = [
        _candidate(rank, (), numbers[row[PRODUCT_ID]], products, (SEGMENT, row["customer_share"]))
        for rank, row in enumerate(typical, start=1)
    ]
    return {SEGMENT_ID: segment, _CANDIDATES: from_rules + from_segment}


def _candidate(rank: int, antecedent: Sequence[int], number: int, products: Sequence[Product], reason: tuple[str, float]) -> dict[str, Any]:
    return {
        "rank": rank,
        "needs": [place_of(needed) for needed in antecedent] + [_NO_NEED] * (MOST_NEEDED - len(antecedent)),
        NUMBER: number,
        "place_of_it": place_of(number),
        "antecedent": [products[needed].product_id for needed in antecedent],
        "because": reason[0],
        "score": reason[1],
    }


def with_fitting(customers: DataFrame, suggested: DataFrame) -> DataFrame:
    """What fits customers' past: the antecedent was bought, the product never.

    Parameters
    ----------
    customers
        As `assortment.with_bought_products`.
    suggested
        A row a segment, as `CANDIDATES`.

    Returns
    -------
    DataFrame
        Grain (customer_id, order): segment_id; order, the candidate's place among its segment's, from 0; product_number.
    """

    def bits(place: Column) -> Column:
        return F.get(BOUGHT, place[WORD]).bitwiseAND(place[BIT])

    needs = F.col("needs")
    has_all = [bits(needs[place]) == needs[place][BIT] for place in range(MOST_NEEDED)]
    fits = has_all[0] & has_all[1] & (bits(F.col("place_of_it")) == 0)
    each = customers.join(F.broadcast(_in_order(suggested)), SEGMENT_ID, "inner")
    return each.where(fits).select(CUSTOMER_ID, SEGMENT_ID, _ORDER, NUMBER)


def next_products(fitting: DataFrame, suggested: DataFrame, numbers: DataFrame, most: int) -> DataFrame:
    """Each customer's suggestions: one row per customer and place, 1 the best; no product twice.

    Parameters
    ----------
    fitting, suggested
        As `with_fitting`.
    numbers
        Number, code and description of each product looked at.
    most
        Suggestions for a customer.
    """
    once = fitting.groupBy(CUSTOMER_ID, SEGMENT_ID, NUMBER).agg(F.min(_ORDER).alias(_ORDER))
    best = once.withColumn("place", F.row_number().over(Window.partitionBy(CUSTOMER_ID).orderBy(_ORDER))).where(F.col("place") <= most)
    told = _in_order(suggested).drop(NUMBER)
    named = best.join(F.broadcast(told), [SEGMENT_ID, _ORDER], "inner").join(F.broadcast(numbers), NUMBER, "inner")
    return named.select(*NEXT_PRODUCTS.names)


def reach_of(fitting: DataFrame, suggested: Sequence[Mapping[str, Any]]) -> dict[str, dict[tuple[int, int], int]]:
    """Customers that each candidate fits, by reason, then segment and rank."""
    listed = {row[SEGMENT_ID]: row[_CANDIDATES] for row in suggested}
    found: dict[str, dict[tuple[int, int], int]] = {BASKET: {}, SEGMENT: {}}
    for segment, order, customers in fitting.groupBy(SEGMENT_ID, _ORDER).agg(F.count(F.lit(1)).cast(BIGINT)).collect():
        candidate = listed[segment][order]
        found[candidate["because"]][segment, candidate["rank"]] = customers
    return found


def _in_order(suggested: DataFrame) -> DataFrame:
    """A row a candidate: exploded, and not looked through one by one, which Spark would not compile."""
    return suggested.select(SEGMENT_ID, F.posexplode(_CANDIDATES).alias(_ORDER, "candidate")).select(SEGMENT_ID, _ORDER, "candidate.*")
