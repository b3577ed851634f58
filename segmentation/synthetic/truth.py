"""Ground truth of the synthetic retailer: the planted type of each customer."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation.synthetic.customers import customer_id, type_name
from segmentation.synthetic.retailer import Retailer


def planted_types(spark: SparkSession, retailer: Retailer) -> DataFrame:
    """Every customer's planted type, to compare segments with.

    Returns
    -------
    DataFrame
        customer_id (unique) and planted_type, a row for each of `retailer.customers`; a few of them never order and
        aren't in the log.
    """
    number = F.col("id")
    return spark.range(retailer.customers).select(
        customer_id(retailer, number).alias("customer_id"),
        type_name(retailer, number).alias("planted_type"),
    )
