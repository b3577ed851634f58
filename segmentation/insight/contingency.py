"""How often each level of an attribute meets each group of customers: all that a proxy audit takes home."""

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
_CUTS = [0.2, 0.4, 0.6, 0.8]
_QUANTILE_ACCURACY = 10_000
"""Quantiles are exact up to this many customers, and right to a ten-thousandth of rank beyond."""


def fifths(customers: DataFrame, columns: Sequence[str]) -> dict[str, Column]:
    """By column the fifth that a value is in, from 0, so that numbers can be counted like levels; null where it is missing.

    Equal values are in one fifth, so fewer than five may be told apart.
    """
    if not columns:
        return {}
    quantiles = [
        F.percentile_approx(named(name).cast("double"), _CUTS, _QUANTILE_ACCURACY).alias(str(at)) for at, name in enumerate(columns)
    ]
    found = customers.agg(*quantiles).collect()[0]
    return {name: _fifth(named(name).cast("double"), cuts or ()) for name, cuts in zip(columns, found, strict=True)}


def meetings(customers: DataFrame, attributes: Mapping[str, Column], groupings: Mapping[str, Column]) -> list[Row]:
    """Customers by attribute, level, grouping and group; those without a level or a group are in none.

    Parameters
    ----------
    customers
        One row a customer.
    attributes
        Each one's level as an INT, null where it is missing.
    groupings
        Each one's group as an INT.
    """
    levels = F.explode(_pairs(attributes, ATTRIBUTE, LEVEL)).alias("of")
    # One of them at a time: Spark refuses two in one select.
    long = customers.select(levels, _pairs(groupings, GROUPING, GROUP).alias("groups")).select("of.*", F.explode("groups").alias("in"))
    known = long.select(ATTRIBUTE, LEVEL, "in.*").where(F.col(LEVEL).isNotNull() & F.col(GROUP).isNotNull())
    return known.groupBy(ATTRIBUTE, LEVEL, GROUPING, GROUP).agg(F.count(F.lit(1)).alias("customers")).collect()


def table_of(rows: Sequence[Row], attribute: str, grouping: str) -> Counts:
    """Customers by group and level, shape (groups, levels); groups and levels that nobody is in have no place."""
    mine = {(row[GROUP], row[LEVEL]): row["customers"] for row in rows if (row[ATTRIBUTE], row[GROUPING]) == (attribute, grouping)}
    groups, levels = (sorted({pair[axis] for pair in mine}) for axis in (0, 1))
    counts = [[mine.get((group, level), 0) for level in levels] for group in groups]
    return np.array(counts, dtype=np.int64).reshape(len(groups), len(levels))


def _fifth(value: Column, cuts: Sequence[float]) -> Column:
    return reduce(add, ((value > cut).cast("int") for cut in cuts), F.when(value.isNotNull(), 0))


def _pairs(columns: Mapping[str, Column], name: str, value: str) -> Column:
    return F.array(*(F.struct(F.lit(key).alias(name), column.cast("int").alias(value)) for key, column in columns.items()))
