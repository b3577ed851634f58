"""The next products to recommend to each customer: by association rules from their own purchases, else those typical of their segment."""

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.analyses.recommendations.association_rules import AssociationRule
from segmentation.analyses.recommendations.purchased_products import BIT, PRODUCT_BITS, PRODUCT_INDEX, WORD, PurchasedProduct, bit_position
from segmentation.analyses.recommendations.tables import PRODUCT_RECOMMENDATIONS
from segmentation.schemas import BIGINT, CUSTOMER_ID, DOUBLE, INT, PRODUCT_ID, SEGMENT_ID, STRING

BASKET, SEGMENT = "basket", "segment"
MAX_TYPICAL = 20
MAX_ANTECEDENT = 2
_NO_PRODUCT = {WORD: 0, BIT: 0}
_CANDIDATES, _PRIORITY = "candidates", "priority"

_POSITION = T.StructType([T.StructField(WORD, INT), T.StructField(BIT, BIGINT)])
_CANDIDATE = T.StructType(
    [
        T.StructField("candidate_rank", INT),
        T.StructField("antecedent_positions", T.ArrayType(_POSITION)),
        T.StructField(PRODUCT_INDEX, INT),
        T.StructField("product_position", _POSITION),
        T.StructField("antecedent", T.ArrayType(STRING)),
        T.StructField("reason", STRING),
        T.StructField("score", DOUBLE),
    ]
)
CANDIDATE_SCHEMA = T.StructType([T.StructField(SEGMENT_ID, INT), T.StructField(_CANDIDATES, T.ArrayType(_CANDIDATE))])


def segment_candidates(
    segment: int, rules: Sequence[AssociationRule], affinities: Sequence[Mapping[str, Any]], products: Sequence[PurchasedProduct]
) -> dict[str, Any]:
    """What may be recommended in a segment, best first, as a row of CANDIDATE_SCHEMA: its rules, typical products, most bought products."""
    index = {product.product_id: number for number, product in enumerate(products)}
    ordered = sorted(affinities, key=lambda row: (row["rank"] or len(products) + 1, -row["customers"], index[row[PRODUCT_ID]]))
    typical = [row for row in ordered[:MAX_TYPICAL] if row["customers"]]
    from_rules = [
        _candidate(rank, rule.antecedent, rule.consequent, products, (BASKET, rule.confidence)) for rank, rule in enumerate(rules, start=1)
    ]
    from_segment = [
        _candidate(rank, (), index[row[PRODUCT_ID]], products, (SEGMENT, row["customer_share"]))
        for rank, row in enumerate(typical, start=1)
    ]
    return {SEGMENT_ID: segment, _CANDIDATES: from_rules + from_segment}


def _candidate(
    rank: int, antecedent: Sequence[int], product: int, products: Sequence[PurchasedProduct], why: tuple[str, float]
) -> dict[str, Any]:
    reason, score = why
    return {
        "candidate_rank": rank,
        "antecedent_positions": [bit_position(index) for index in antecedent] + [_NO_PRODUCT] * (MAX_ANTECEDENT - len(antecedent)),
        PRODUCT_INDEX: product,
        "product_position": bit_position(product),
        "antecedent": [products[index].product_id for index in antecedent],
        "reason": reason,
        "score": score,
    }


def matching_candidates(customers: DataFrame, candidates: DataFrame) -> DataFrame:
    """Candidates for each customer: the antecedent was bought, the product never.

    Grain (customer_id, priority); further columns are `segment_id` and `product_index`. `priority` is the candidate's position in its
    segment, from 0.

    `customers` are those of `purchased_products.with_product_bits`; `candidates` has one row per segment, as CANDIDATE_SCHEMA.
    """

    def bits(position: Column) -> Column:
        return F.get(PRODUCT_BITS, position[WORD]).bitwiseAND(position[BIT])

    antecedent = F.col("antecedent_positions")
    has_all = [bits(antecedent[n]) == antecedent[n][BIT] for n in range(MAX_ANTECEDENT)]
    matches = has_all[0] & has_all[1] & (bits(F.col("product_position")) == 0)
    pairs = customers.join(F.broadcast(_exploded(candidates)), SEGMENT_ID, "inner")
    return pairs.where(matches).select(CUSTOMER_ID, SEGMENT_ID, _PRIORITY, PRODUCT_INDEX)


def product_recommendations(matching: DataFrame, candidates: DataFrame, index: DataFrame, max_per_customer: int) -> DataFrame:
    """Each customer's best recommendations: one row per customer and rank, 1 the best, no product twice."""
    once = matching.groupBy(CUSTOMER_ID, SEGMENT_ID, PRODUCT_INDEX).agg(F.min(_PRIORITY).alias(_PRIORITY))
    by_priority = Window.partitionBy(CUSTOMER_ID).orderBy(_PRIORITY)
    best = once.withColumn("rank", F.row_number().over(by_priority)).where(F.col("rank") <= max_per_customer)
    reasons = _exploded(candidates).drop(PRODUCT_INDEX)
    explained = best.join(F.broadcast(reasons), [SEGMENT_ID, _PRIORITY], "inner").join(F.broadcast(index), PRODUCT_INDEX, "inner")
    return explained.select(*PRODUCT_RECOMMENDATIONS.schema.names)


def reach_by_reason(matching: DataFrame, candidates: Sequence[Mapping[str, Any]]) -> dict[str, dict[tuple[int, int], int]]:
    """Customers that each candidate matches, by reason, then segment and rank of the candidate."""
    by_segment = {row[SEGMENT_ID]: row[_CANDIDATES] for row in candidates}
    reach: dict[str, dict[tuple[int, int], int]] = {BASKET: {}, SEGMENT: {}}
    for segment, priority, customers in matching.groupBy(SEGMENT_ID, _PRIORITY).agg(F.count(F.lit(1)).cast(BIGINT)).collect():
        candidate = by_segment[segment][priority]
        reach[candidate["reason"]][segment, candidate["candidate_rank"]] = customers
    return reach


def _exploded(candidates: DataFrame) -> DataFrame:
    """One row per candidate; array functions over all candidates would be too long a plan to compile."""
    rows = candidates.select(SEGMENT_ID, F.posexplode(_CANDIDATES).alias(_PRIORITY, "candidate"))
    return rows.select(SEGMENT_ID, _PRIORITY, "candidate.*")
