"""Python as on Databricks serverless compute, where this folder is on its path: no frame can be held by a server."""

from pyspark.errors import PySparkException
from pyspark.sql.connect.dataframe import DataFrame


def _refused(*_, **__):
    raise PySparkException("[NOT_SUPPORTED_WITH_SERVERLESS] PERSIST TABLE is not supported on serverless compute. SQLSTATE: 0A000")


for _name in ("cache", "persist", "checkpoint", "localCheckpoint"):
    setattr(DataFrame, _name, _refused)
