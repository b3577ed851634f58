"""The table that tells pseudonyms' customers, where the settings ask for one."""

from collections.abc import Collection

from pyspark.sql import DataFrame, SparkSession

from segmentation import storage
from segmentation.privacy.kept_out import left_over
from segmentation.privacy.mapping import MAPPING, opened, sealed_ids, without_known
from segmentation.settings import PrivacySettings
from segmentation.workflows.job import Job
from segmentation.workflows.kept_out import kept_out
from segmentation.workflows.pseudonyms import canonical_customer


def keep_mapping(job: Job, table: DataFrame, missing_values: Collection[str]) -> None:
    """Add the customers of a user's table that the mapping does not know yet, but for those erased, in a folder of this run's own.

    Raises
    ------
    SettingsError
        The mapping's folder cannot be made, or is open to everybody.
    """
    asked = job.settings.privacy.pseudonyms
    if job.pseudonyms is None or asked is None or asked.mapping_path is None:
        return
    with job.journal.stage("mapping") as stage:
        storage.make_private_folder(asked.mapping_path, "privacy.pseudonyms.mapping_path")
        customers = canonical_customer(table, missing_values)
        if listed := kept_out(job.spark, job.settings.output.path):
            table = left_over(table, customers, listed.digests, listed.salt)
        sealed = sealed_ids(customers, table, job.pseudonyms)
        new = job.keep(without_known(sealed, read_mapping(job.spark, asked.mapping_path)))
        found = new.count()
        if found:
            storage.write_table(opened(new, job.pseudonyms), storage.join(asked.mapping_path, f"run_id={job.run.run_id}"))
        stage.count(new_customers=found)


def mapping_of(spark: SparkSession, settings: PrivacySettings) -> DataFrame | None:
    """Every row of the mapping, of keys gone by too; None where none is kept or nothing was written yet."""
    path = settings.pseudonyms.mapping_path if settings.pseudonyms else None
    return read_mapping(spark, path) if path and storage.exists(path) else None


def read_mapping(spark: SparkSession, path: str) -> DataFrame:
    """The mapping in a folder: pseudonym, customer_id, key_id, with the run_id of the run that met the customer first."""
    return storage.read_table(spark, path, MAPPING)
