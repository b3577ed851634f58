"""Counts of customers by level of an attribute and group: all that the fairness audit collects."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from segmentation.schemas import named

Counts = NDArray[np.int64]

ATTRIBUTE, LEVEL, GROUPING, GROUP = "attribute", "level", "grouping", "group"
_QUINTILES = [0.2, 0.4, 0.6, 0.8]
_ACCURACY = 10_000
"""Quantiles are exact up to this many customers, and right to a ten-thousandth of rank beyond."""


def quintiles(customers: DataFrame, columns: Sequence[str]) -> dict[str, Column]:
    """The quintile of each value by column, from 0, so that numbers can be counted like levels; null where the value is missing.

    Equal values are in one quintile, so that there may be fewer than five.
    """
    if not columns:
        return {}
    queries = [
        F.percentile_approx(named(name).cast("double"), _QUINTILES, _ACCURACY).alias(str(number)) for number, name in enumerate(columns)
    ]
    cut_points = customers.agg(*queries).collect()[0]
    return {name: _quintile(named(name).cast("double"), cuts or ()) for name, cuts in zip(columns, cut_points, strict=True)}


def contingency_counts(customers: DataFrame, attributes: Mapping[str, Column], groupings: Mapping[str, Column]) -> list[Row]:
    """Customers by attribute, level, grouping and group, without missing levels and groups; one Spark job.

    Levels of attributes and groups of groupings are INTs, null where missing.
    """
    levels = F.explode(_pairs(attributes, ATTRIBUTE, LEVEL)).alias("attribute_level")
    # Spark refuses two explodes in one select.
    exploded = customers.select(levels, _pairs(groupings, GROUPING, GROUP).alias("groups"))
    pairs = exploded.select("attribute_level.*", F.explode("groups").alias("grouping_group")).select(ATTRIBUTE, LEVEL, "grouping_group.*")
    known = pairs.where(F.col(LEVEL).isNotNull() & F.col(GROUP).isNotNull())
    return known.groupBy(ATTRIBUTE, LEVEL, GROUPING, GROUP).agg(F.count(F.lit(1)).alias("customers")).collect()


def contingency_table(counts: Sequence[Row], attribute: str, grouping: str) -> Counts:
    """Customers by group and level, shape (groups, levels), without empty groups and levels."""
    cells = {(row[GROUP], row[LEVEL]): row["customers"] for row in counts if (row[ATTRIBUTE], row[GROUPING]) == (attribute, grouping)}
    groups, levels = (sorted({cell[axis] for cell in cells}) for axis in (0, 1))
    table = [[cells.get((group, level), 0) for level in levels] for group in groups]
    return np.array(table, dtype=np.int64).reshape(len(groups), len(levels))


def _quintile(value: Column, cut_points: Sequence[float]) -> Column:
    return reduce(add, ((value > cut).cast("int") for cut in cut_points), F.when(value.isNotNull(), 0))


def _pairs(columns: Mapping[str, Column], name: str, value: str) -> Column:
    return F.array(*(F.struct(F.lit(key).alias(name), column.cast("int").alias(value)) for key, column in columns.items()))
