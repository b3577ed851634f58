"""Small logs of any types, and the typed or validated lines of logs."""

from pyspark.sql import functions as F

from segmentation.ingest.lines import typed_lines
from segmentation.ingest.validation import read_log, validate_lines
from segmentation.settings import Columns, InputSettings, RulesSettings

USUAL = {
    "customer_id": ("STRING", "7"),
    "ordered_at": ("STRING", "2024-01-31 10:00:00"),
    "quantity": ("STRING", "1"),
    "unit_price": ("STRING", "1"),
}


def source_with(**changes):
    columns = Columns(customer_id="who", ordered_at="when", amount="what")
    return InputSettings(format="csv", path="log", columns=columns, **changes)


def log_of(spark, given, usual=USUAL):
    """A log; `given` holds (type, value of each line) by column, the other columns are as usual."""
    count = len(next(iter(given.values()))[1])
    columns = {name: (kind, [value] * count) for name, (kind, value) in usual.items()} | given
    schema = ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
    rows = list(zip(*(values for _, values in columns.values()), strict=True))
    return spark.createDataFrame(rows, schema).withColumn("record", F.lit(None).cast("string"))


def typed(spark, given, usual=USUAL, source=None, rules=None):
    return typed_lines(log_of(spark, given, usual), source or source_with(), rules or RulesSettings())


def column(lines, name):
    return [row[0] for row in lines.select(name).collect()]


def read_validated_lines(spark, settings):
    """Every line of the log of the settings, without pseudonyms or erased people."""
    return validate_lines(read_log(spark, settings), settings, None, None)
