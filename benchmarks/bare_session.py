"""The least a Spark job can cost here: our local session, and one KMeans on vectors the size of Online Retail's."""

from pyspark.ml.clustering import KMeans
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import functions as F

from segmentation.session import start_session

CUSTOMERS, FEATURES, SEED = 4_300, 16, 42


def main() -> None:
    """Start, fit once, stop."""
    spark = start_session(input_bytes=0)
    names = [f"feature_{number}" for number in range(FEATURES)]
    numbers = [F.randn(SEED + place).alias(name) for place, name in enumerate(names)]
    customers = spark.range(CUSTOMERS, numPartitions=1).select(*numbers)
    vectors = VectorAssembler(inputCols=names, outputCol="vector").transform(customers).cache()
    KMeans(k=5, seed=SEED, featuresCol="vector", solver="block").fit(vectors)
    spark.stop()


if __name__ == "__main__":
    main()
