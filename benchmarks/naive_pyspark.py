"""The whole job as a notebook would have it: plain PySpark, one wide grouping, MLlib's defaults. A peer to measure against."""

import argparse
from datetime import timedelta

from pyspark.ml.clustering import KMeans
from pyspark.ml.evaluation import ClusteringEvaluator
from pyspark.ml.feature import StandardScaler, VectorAssembler
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

SEED = 42
LOGGED = ["recency_days", "frequency_orders", "monetary_net", "order_value_avg"]
SHARE = "category_share_"


def cleaned(log: DataFrame) -> DataFrame:
    """Lines of known customers that are products with a price."""
    return (
        log.where(F.col("customer_id").isNotNull() & (F.col("unit_price") > 0) & (F.col("product_id") != "POST"))
        .withColumn("cancelled", F.col("order_id").startswith("C"))
        .withColumn("amount", F.col("quantity") * F.col("unit_price"))
    )


def customer_features(lines: DataFrame) -> DataFrame:
    """One row per customer with a purchase."""
    last = lines.agg(F.max(F.to_date("ordered_at"))).first()[0]
    as_of = F.lit(last + timedelta(days=1))
    customers = lines.groupBy("customer_id").agg(
        F.countDistinct(bought("order_id")).alias("frequency_orders"),
        F.countDistinct(bought("product_id")).alias("breadth_products"),
        F.sum(bought("amount")).alias("monetary_gross"),
        F.sum("amount").alias("monetary_net"),
        F.min(bought("ordered_at")).alias("first_purchase"),
        F.max(bought("ordered_at")).alias("last_purchase"),
    )
    return (
        customers.where(F.col("frequency_orders") > 0)
        .withColumn("recency_days", F.datediff(as_of, "last_purchase"))
        .withColumn("tenure_days", F.datediff(as_of, "first_purchase"))
        .withColumn("order_value_avg", F.col("monetary_net") / F.col("frequency_orders"))
        .withColumn("return_rate", 1 - F.col("monetary_net") / F.col("monetary_gross"))
        .drop("first_purchase", "last_purchase")
        .join(category_spend(lines), "customer_id")
        .transform(with_category_shares)
    )


def bought(name: str) -> Column:
    """The column's value on lines that are no cancellation."""
    return F.when(~F.col("cancelled"), F.col(name))


def category_spend(lines: DataFrame) -> DataFrame:
    """A column of spend for every category that Spark finds."""
    spend = lines.where(~F.col("cancelled")).groupBy("customer_id").pivot("category").sum("amount").fillna(0)
    return spend.toDF("customer_id", *(SHARE + name.lower() for name in spend.columns[1:]))


def with_category_shares(customers: DataFrame) -> DataFrame:
    """Spend per category as a part of gross spend."""
    return customers.withColumns({name: F.col(name) / F.col("monetary_gross") for name in shares(customers)})


def shares(customers: DataFrame) -> list[str]:
    """Names of the category columns."""
    return [name for name in customers.columns if name.startswith(SHARE)]


def vectors(customers: DataFrame) -> DataFrame:
    """Customers with `features`: heavy tails logged, every column of unit variance."""
    logged = {f"log_{name}": F.log1p(F.greatest(F.col(name), F.lit(0))) for name in LOGGED}
    columns = [*logged, *shares(customers)]
    assembler = VectorAssembler(inputCols=columns, outputCol="unscaled")
    # Cached before the scaler looks at them: the grouping runs once.
    assembled = assembler.transform(customers.withColumns(logged)).drop(*logged).cache()
    scaler = StandardScaler(inputCol="unscaled", outputCol="features", withMean=True, withStd=True)
    return scaler.fit(assembled).transform(assembled).drop("unscaled")


def best_clustering(customers: DataFrame) -> DataFrame:
    """Customers with `segment_id` from the k of highest silhouette."""
    evaluator = ClusteringEvaluator(predictionCol="segment_id")
    candidates = []
    for k in range(2, 11):
        clustered = KMeans(k=k, seed=SEED, predictionCol="segment_id").fit(customers).transform(customers)
        candidates.append((evaluator.evaluate(clustered), k, clustered))
    silhouette, k, clustered = max(candidates, key=lambda one: one[0])
    print(f"{k} segments, silhouette {silhouette:.3f}")
    return clustered.drop("features")


def segment_summary(customers: DataFrame) -> DataFrame:
    """One row per segment."""
    means = [F.avg(name).alias(name) for name in (*LOGGED, "return_rate", *shares(customers))]
    return customers.groupBy("segment_id").agg(F.count("*").alias("customers"), F.sum("monetary_net").alias("revenue_net"), *means)


def main() -> None:
    """Log in, tables out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", help="the generated log, Parquet")
    parser.add_argument("output", help="folder for customer_segments and segment_summary")
    parser.add_argument("--shuffle-partitions", default="8")
    parser.add_argument("--driver-memory", default="8g")
    given = parser.parse_args()
    spark = (
        SparkSession.builder.master("local[*]")
        .config("spark.driver.memory", given.driver_memory)
        .config("spark.sql.shuffle.partitions", given.shuffle_partitions)
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    lines = cleaned(spark.read.parquet(given.log))
    segments = best_clustering(vectors(customer_features(lines)))
    segments.write.parquet(f"{given.output}/customer_segments")
    segment_summary(segments).write.parquet(f"{given.output}/segment_summary")
    spark.stop()


if __name__ == "__main__":
    main()
