"""The people of an erasure, and the runs that hold data about them."""

from contextlib import ExitStack
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.context import cached
from segmentation.erasure.inventory import inventory_of, run_folders
from segmentation.ingest.ids import known_id
from segmentation.privacy.id_matching import has_personal_rows, only_people
from segmentation.privacy.pseudonyms import KEY_ID, PSEUDONYM, load_mapping, load_pseudonyms, with_pseudonyms
from segmentation.publish.run import Run, run_ids
from segmentation.publish.run_state import RunState, state_of
from segmentation.publish.seal import load_sealed_manifest
from segmentation.schemas import CUSTOMER_ID, STRING
from segmentation.settings import Settings

PERSON, _RUN = "person", "run"


@dataclass(frozen=True)
class DataSubjects:
    """The people of an erasure: frames, cached, and how many were requested."""

    # `person`: their canonical ids.
    listed: DataFrame
    # `person`, and `customer_id`: everything they are called in tables, such as pseudonyms.
    names: DataFrame
    # Each `customer_id` once.
    ids: DataFrame
    n_requested: int


@dataclass(frozen=True)
class Occurrence:
    """A run that holds data about people: how many rows by table, and how many of the people."""

    run: Run
    rows: dict[str, int]
    customers: int

    def to_dict(self) -> dict[str, Any]:
        """For the receipt."""
        return {"run": self.run.run_id, "customers": self.customers, "rows": self.rows}


def load_data_subjects(spark: SparkSession, settings: Settings, customer_file: str, resources: ExitStack) -> DataSubjects:
    """Read a list of people; their ids are made canonical like those of the log. Frames are cached until `resources` closes."""
    source = settings.input or settings.attributes
    canonical = known_id(F.col(CUSTOMER_ID), STRING, source.missing_values if source else ())
    listed = storage.read_customer_ids(spark, customer_file).select(canonical.alias(PERSON)).where(F.col(PERSON).isNotNull()).distinct()
    listed = cached(listed, resources)
    names = cached(_names(spark, settings, listed), resources)
    return DataSubjects(listed, names, cached(names.select(CUSTOMER_ID).distinct(), resources), listed.count())


def _names(spark: SparkSession, settings: Settings, listed: DataFrame) -> DataFrame:
    """Everything that people are called in tables: ids, pseudonyms under the present key, and all pseudonyms in the mapping."""
    names = listed.select(PERSON, F.col(PERSON).alias(CUSTOMER_ID))
    if (mapping := load_mapping(spark, settings.privacy)) is not None:
        mapped = mapping.select(F.col(CUSTOMER_ID).alias(PERSON), F.col(PSEUDONYM).alias(CUSTOMER_ID))
        names = names.unionByName(mapped.join(listed, PERSON, "left_semi"))
    if pseudonyms := load_pseudonyms(spark, settings.privacy):
        names = names.unionByName(with_pseudonyms(listed, pseudonyms.blocks, {CUSTOMER_ID: F.col(PERSON)}))
    return names.distinct()


def find_occurrences(spark: SparkSession, root: str, people: DataSubjects) -> tuple[list[Occurrence], int]:
    """All sealed runs that hold data about the people, and how many of the people are in any of them."""
    rows = {run.run_id: counts for run in _sealed_runs(root) if (counts := _row_counts(spark, run, people.ids))}
    runs = [Run(root, run_id) for run_id in rows]
    members = [frame for run in runs for frame in _members(spark, run, rows[run.run_id])]
    if not members:
        return [Occurrence(run, rows[run.run_id], 0) for run in runs], 0
    persons = reduce(DataFrame.unionByName, members).distinct().join(people.names, CUSTOMER_ID)
    totals = persons.rollup(_RUN).agg(F.count_distinct(PERSON).alias("people")).collect()
    customers = {row[_RUN]: row["people"] for row in totals}
    return [Occurrence(run, rows[run.run_id], customers.get(run.run_id, 0)) for run in runs], customers[None]


def runs_with_unknown_keys(spark: SparkSession, settings: Settings) -> list[str]:
    """Sealed runs whose pseudonyms were made with a key that is neither the present one nor in the mapping: nobody can be found there."""
    pseudonyms, mapping = load_pseudonyms(spark, settings.privacy), load_mapping(spark, settings.privacy)
    known = {None, pseudonyms.key_id if pseudonyms else None}
    if mapping is not None:
        known |= {row[KEY_ID] for row in mapping.select(KEY_ID).distinct().collect()}
    runs = _sealed_runs(settings.output.path)
    return [run.run_id for run in runs if (load_sealed_manifest(run).get("pseudonyms") or {}).get("key_id") not in known]


def _sealed_runs(root: str) -> list[Run]:
    sealed = (RunState.PUBLISHED, RunState.COMPLETE, RunState.AUDIT_FAILED)
    return [run for run in (Run(root, run_id) for run_id in run_ids(root)) if state_of(run) in sealed]


def _row_counts(spark: SparkSession, run: Run, ids: DataFrame) -> dict[str, int]:
    """How many rows of each table of a run are theirs; tables without any are left out."""
    inventory = inventory_of(run.root, run_folders(run))
    frames = {table: inventory.read_table(spark, table) for table in inventory.tables}
    counts = {table: only_people(frame, ids).count() for table, frame in frames.items() if has_personal_rows(frame)}
    return {table: count for table, count in counts.items() if count}


def _members(spark: SparkSession, run: Run, tables: dict[str, int]) -> list[DataFrame]:
    """All customers of some tables of a run: frames of (run, customer_id)."""
    inventory = inventory_of(run.root, run_folders(run))
    frames = [inventory.read_table(spark, table) for table in tables]
    return [frame.select(F.lit(run.run_id).alias(_RUN), CUSTOMER_ID) for frame in frames if CUSTOMER_ID in frame.columns]
