"""Pseudonymization: customer ids are replaced right after the log or the customer table is read, so that no later step has them."""

from collections.abc import Collection

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.context import RunContext
from segmentation.ingest.ids import canonical_customer, is_damaged
from segmentation.privacy.denylist import without_erased
from segmentation.privacy.mapping import decrypted_mapping, encrypted_ids, read_mapping, without_mapped
from segmentation.privacy.pseudonyms import Pseudonyms, with_pseudonyms
from segmentation.schemas import CUSTOMER_ID, HAS_UNREADABLE_ID, IS_ERASED, RECORD, STREAM_COLUMNS, named

_DAMAGED = "\ufffd"
"""Replaces a damaged id. No valid id contains this character, so that the line is rejected for it."""


def pseudonymize(table: DataFrame, pseudonyms: Pseudonyms | None, missing_values: Collection[str]) -> DataFrame:
    """Replace each customer id of an input table by its pseudonym, as STRING.

    In an unreadable record the id could be in any column: its columns are emptied, and `record` becomes a keyed hash of its text.
    A damaged id is replaced by a character that has it rejected.

    `pseudonyms` None leaves the table unchanged; `missing_values` are texts that mean "no value".
    """
    if pseudonyms is None:
        return table
    is_readable = F.col(RECORD).isNull()
    others = [name for name in table.columns if name not in (CUSTOMER_ID, RECORD, IS_ERASED, *STREAM_COLUMNS)]
    emptied = {name: F.when(is_readable, named(name)) for name in others}
    is_damaged_id = is_readable & is_damaged(F.col(CUSTOMER_ID), table.schema[CUSTOMER_ID].dataType)
    known = {CUSTOMER_ID: canonical_customer(table, missing_values), HAS_UNREADABLE_ID: is_damaged_id}
    hashed = {CUSTOMER_ID: F.col(CUSTOMER_ID), RECORD: F.concat(F.lit("record "), RECORD)}
    replaced = with_pseudonyms(table.withColumns({**emptied, **known}), pseudonyms.blocks, hashed)
    damaged = F.when(F.col(HAS_UNREADABLE_ID), F.lit(_DAMAGED)).otherwise(F.col(CUSTOMER_ID))
    return replaced.withColumn(CUSTOMER_ID, damaged).drop(HAS_UNREADABLE_ID)


def update_mapping(context: RunContext, table: DataFrame, missing_values: Collection[str]) -> None:
    """Add the customers of an input table that the mapping does not contain yet, in a folder named by the run.

    Does nothing unless `privacy.pseudonyms.mapping_path` is set. Erased people are not added.

    Raises
    ------
    SettingsError
        The mapping's folder cannot be made, or is readable by everybody.
    """
    settings = context.settings.privacy.pseudonyms
    if context.pseudonyms is None or settings is None or settings.mapping_path is None:
        return
    with context.run_log.stage("mapping") as stage:
        storage.make_private_folder(settings.mapping_path, "privacy.pseudonyms.mapping_path")
        table = without_erased(table, canonical_customer(table, missing_values), context.erased)
        encrypted = encrypted_ids(canonical_customer(table, missing_values), table, context.pseudonyms)
        new = context.cache(without_mapped(encrypted, read_mapping(context.spark, settings.mapping_path)))
        n_customers = new.count()
        if n_customers:
            folder = storage.join(settings.mapping_path, f"run_id={context.run.run_id}")
            storage.write_table(decrypted_mapping(new, context.pseudonyms), folder)
        stage.count(new_customers=n_customers)
