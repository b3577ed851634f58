"""The least a Spark job can cost here: a session, and one KMeans on vectors the size of Online Retail's."""

import argparse

from pyspark.ml.clustering import KMeans
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from segmentation.session import start_session

CUSTOMERS, FEATURES, SEED = 4_300, 16, 42


def main() -> None:
    """Start, fit once, stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tuned", action="store_true", help="with our settings for small inputs, instead of Spark's own")
    spark = start_session(input_bytes=0) if parser.parse_args().tuned else SparkSession.builder.getOrCreate()
    names = [f"feature_{number}" for number in range(FEATURES)]
    numbers = [F.randn(SEED + place).alias(name) for place, name in enumerate(names)]
    customers = spark.range(CUSTOMERS, numPartitions=1).select(*numbers)
    vectors = VectorAssembler(inputCols=names, outputCol="vector").transform(customers).cache()
    KMeans(k=5, seed=SEED, featuresCol="vector", solver="block").fit(vectors)
    spark.stop()


if __name__ == "__main__":
    main()
