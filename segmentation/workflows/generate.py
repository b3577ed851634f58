"""A synthetic retailer on disk: its log, and the truth about its customers."""

from functools import partial

from pyspark.sql import SparkSession

from segmentation import storage
from segmentation.errors import SettingsError
from segmentation.session import settled
from segmentation.synthetic import Retailer, planted_types, transaction_log


def generate(spark: SparkSession, output: str, lines: int, seed: int) -> tuple[str, str]:
    """Write a seeded log and its truth table as Parquet.

    Parameters
    ----------
    spark
        The session.
    output
        Folder that takes `transactions` and `planted_types`.
    lines
        Lines of the log.
    seed
        Equal seeds give equal logs.

    Returns
    -------
    tuple
        Paths of the log and of the truth table.

    Raises
    ------
    SettingsError
        Something is there already, or it cannot be written.
    """
    log, truth = storage.join(output, "transactions"), storage.join(output, "planted_types")
    if storage.exists(log) or storage.exists(truth):
        raise SettingsError(f"{output}: holds a log already; remove it or name another folder with --output")
    retailer = Retailer(lines=lines, seed=seed)
    with (
        settled(spark),
        storage.taking_back(partial(storage.remove, log, truth), partial(storage.explained, output=output, name="--output")),
    ):
        storage.write_table(transaction_log(spark, retailer), log)
        storage.write_table(planted_types(spark, retailer), truth)
    return log, truth
