"""Write a synthetic log, and the true types of its customers."""

from functools import partial

from pyspark.sql import SparkSession

from segmentation import storage
from segmentation.errors import SettingsError
from segmentation.session import required_conf
from segmentation.synthetic import Retailer, planted_types, transaction_log


def write_synthetic_log(spark: SparkSession, output: str, lines: int, seed: int) -> tuple[str, str]:
    """Write a seeded log, and a table with the type of each customer, as Parquet.

    Parameters
    ----------
    spark
        The session.
    output
        Folder for `transactions` and `planted_types`.
    lines
        Number of lines.
    seed
        Equal seeds give equal logs.

    Returns
    -------
    tuple
        Paths of both tables.

    Raises
    ------
    SettingsError
        One of them exists already, or cannot be written.
    """
    log, truth = storage.join(output, "transactions"), storage.join(output, "planted_types")
    if storage.exists(log) or storage.exists(truth):
        raise SettingsError(f"{output}: has a log already; remove it or name another folder with --output")
    retailer = Retailer(lines=lines, seed=seed)
    with (
        required_conf(spark),
        storage.cleanup_on_error(partial(storage.remove, log, truth), partial(storage.translate_error, output=output, setting="--output")),
    ):
        storage.write_table(transaction_log(spark, retailer), log)
        storage.write_table(planted_types(spark, retailer), truth)
    return log, truth
