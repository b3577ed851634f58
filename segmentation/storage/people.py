"""Lists of customers that somebody hands over: read as data, and told to nobody."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation.errors import InputError
from segmentation.schemas import CUSTOMER_ID, named
from segmentation.storage.files import exists, spark_path

_SPREADSHEET = {"header": "true", "escape": '"', "mode": "PERMISSIVE"}


def read_ids(spark: SparkSession, path: str) -> DataFrame:
    """The column `customer_id` of a list of customers, as text and as it stands there.

    A file named .csv, also gzipped, has a header and a column `customer_id`; any other has one id a line.

    Raises
    ------
    InputError
        No such file, or no such column: names neither what the header holds nor any line.
    """
    if not exists(path):
        raise InputError(f"{path}: no such file. Check --customer-file")
    if not path.lower().removesuffix(".gz").endswith(".csv"):
        return spark.read.text(spark_path(path)).select(F.regexp_replace("value", "^\ufeff", "").alias(CUSTOMER_ID))
    rows = spark.read.options(**_SPREADSHEET).csv(spark_path(path))
    columns = [name for name in rows.columns if name.strip('\ufeff "').lower() == CUSTOMER_ID]
    if not columns:
        # Without a header, the first customer would stand in its place.
        raise InputError(
            f"{path}: none of {len(rows.columns)} columns is called {CUSTOMER_ID}. Give one id a line in a file not named .csv, or a header"
        )
    return rows.select(named(columns[0]).alias(CUSTOMER_ID))


def read_lines(spark: SparkSession, path: str) -> DataFrame:
    """A small text file's lines as rows, `value`."""
    return spark.read.text(spark_path(path))
