"""The table that tells pseudonyms' customers, where the settings ask for one."""

from collections.abc import Collection
from itertools import count

from pyspark.sql import DataFrame, SparkSession

from segmentation import storage
from segmentation.context import RunContext
from segmentation.errors import ErasureError
from segmentation.privacy.kept_out import left_over
from segmentation.privacy.mapping import MAPPING, opened, sealed_ids, without_known
from segmentation.schemas import CUSTOMER_ID
from segmentation.settings import PrivacySettings
from segmentation.workflows.kept_out import kept_out
from segmentation.workflows.pseudonyms import canonical_customer


def keep_mapping(context: RunContext, table: DataFrame, missing_values: Collection[str]) -> None:
    """Add the customers of a user's table that the mapping does not know yet, in a folder of this run's own.

    Raises
    ------
    SettingsError
        The mapping's folder cannot be made, or is open to everybody.
    """
    asked = context.settings.privacy.pseudonyms
    if context.pseudonyms is None or asked is None or asked.mapping_path is None:
        return
    with context.run_log.stage("mapping") as stage:
        storage.make_private_folder(asked.mapping_path, "privacy.pseudonyms.mapping_path")
        if listed := kept_out(context.spark, context.settings.output.path):
            table = left_over(table, canonical_customer(table, missing_values), listed.digests, listed.salt)
        sealed = sealed_ids(canonical_customer(table, missing_values), table, context.pseudonyms)
        new = context.cache(without_known(sealed, read_mapping(context.spark, asked.mapping_path)))
        customers = new.count()
        if customers:
            storage.write_table(opened(new, context.pseudonyms), storage.join(asked.mapping_path, f"run_id={context.run.run_id}"))
        stage.count(new_customers=customers)


def mapping_of(spark: SparkSession, settings: PrivacySettings) -> DataFrame | None:
    """Every row of the mapping, of keys gone by too; None where none is kept or nothing was written yet."""
    path = settings.pseudonyms.mapping_path if settings.pseudonyms else None
    return read_mapping(spark, path) if path and storage.exists(path) else None


def read_mapping(spark: SparkSession, path: str) -> DataFrame:
    """The mapping in a folder: pseudonym, customer_id, key_id, with the run_id of the run that met the customer first."""
    return storage.read_table(spark, path, MAPPING)


def forget(spark: SparkSession, settings: PrivacySettings, people: DataFrame) -> int:
    """Take people's rows out of the mapping, under every key; how many there were.

    A folder is written anew beside the old one before that goes: killed in between, rows are there twice, which does no harm, and the
    next erasure finds the old ones.

    Parameters
    ----------
    spark
        The session.
    settings
        Where the mapping is.
    people
        One column, their canonical ids.

    Raises
    ------
    ErasureError
        Some are still there.
    """
    path = settings.pseudonyms.mapping_path if settings.pseudonyms else None
    if path is None or not storage.exists(path):
        return 0
    ids = people.toDF(CUSTOMER_ID)
    places = [storage.join(path, name) for name in storage.names_in(path) if name.startswith("run_id=")]
    rows = sum(_forget_in(spark, place, ids) for place in places)
    if left := read_mapping(spark, path).join(ids, CUSTOMER_ID, "left_semi").count():
        raise ErasureError(f"privacy.pseudonyms.mapping_path: {left:,} rows of them are still there. Is a run under way? Run this again")
    return rows


def _forget_in(spark: SparkSession, place: str, ids: DataFrame) -> int:
    rows = storage.read_table(spark, place, MAPPING)
    gone, kept = rows.join(ids, CUSTOMER_ID, "left_semi").count(), rows.join(ids, CUSTOMER_ID, "left_anti")
    if gone:
        if kept.count():
            storage.write_table(kept.select(*MAPPING.names), _beside(place))
        storage.remove(place)
    return gone


def _beside(place: str) -> str:
    """A folder of the mapping that is not there yet."""
    return next(name for number in count(1) if not storage.exists(name := f"{place}-r{number}"))
