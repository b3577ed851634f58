"""Lists of customers supplied by the user, such as those to erase; messages never quote their content."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation.errors import InputError
from segmentation.schemas import CUSTOMER_ID, named
from segmentation.storage.files import exists, spark_path

_CSV_OPTIONS = {"header": "true", "escape": '"', "mode": "PERMISSIVE"}


def read_customer_ids(spark: SparkSession, path: str) -> DataFrame:
    """Read the column `customer_id` of a list of customers, as unchanged text.

    A file named .csv (or .csv.gz) has a header and a column `customer_id`; any other file has one id per line.

    Raises
    ------
    InputError
        There is no such file or no such column. The message quotes neither the header nor any line.
    """
    if not exists(path):
        raise InputError(f"{path}: no such file. Check --customer-file")
    if not path.lower().removesuffix(".gz").endswith(".csv"):
        return spark.read.text(spark_path(path)).select(F.regexp_replace("value", "^\ufeff", "").alias(CUSTOMER_ID))
    rows = spark.read.options(**_CSV_OPTIONS).csv(spark_path(path))
    columns = [name for name in rows.columns if name.strip('\ufeff "').lower() == CUSTOMER_ID]
    if not columns:
        # The header is not quoted: in a file without one it is a customer's line.
        raise InputError(
            f"{path}: none of {len(rows.columns)} columns is called {CUSTOMER_ID}. Give one id a line in a file not named .csv, or a header"
        )
    return rows.select(named(columns[0]).alias(CUSTOMER_ID))
