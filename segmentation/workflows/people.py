"""Whom an erasure is about, and where they are."""

from contextlib import ExitStack
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.context import cached
from segmentation.ingest.ids import known_id
from segmentation.privacy.erasure import is_about_people, only
from segmentation.privacy.mapping import KEY_ID, PSEUDONYM
from segmentation.privacy.pseudonyms import with_pseudonyms
from segmentation.publish.integrity import sealed_manifest
from segmentation.publish.run import Run
from segmentation.publish.states import State, state_of
from segmentation.publish.successors import run_ids
from segmentation.schemas import CUSTOMER_ID, STRING
from segmentation.settings import Settings
from segmentation.workflows.holdings import holdings, places_of
from segmentation.workflows.mapping import mapping_of
from segmentation.workflows.pseudonyms import pseudonyms_of

PERSON, _PLACE = "person", "place"


@dataclass(frozen=True)
class People:
    """Whom it is about.

    Parameters
    ----------
    listed
        `person`, the ids asked for, canonical.
    names
        `person`, and `customer_id`, what they are called in tables.
    ids
        Every `customer_id`, once.
    asked
        How many people.
    """

    listed: DataFrame
    names: DataFrame
    ids: DataFrame
    asked: int


@dataclass(frozen=True)
class Sighting:
    """One run that people are in.

    Parameters
    ----------
    run
        Which.
    rows
        By table, how many are theirs.
    customers
        How many of the people are in it.
    """

    run: Run
    rows: dict[str, int]
    customers: int

    def told(self) -> dict[str, Any]:
        """For the receipt."""
        return {"run": self.run.run_id, "customers": self.customers, "rows": self.rows}


def people_of(spark: SparkSession, settings: Settings, customer_file: str, kept: ExitStack) -> People:
    """The people of a list, their ids made canonical as those of the log are; held until `kept` closes."""
    source = settings.input or settings.attributes
    canonical = known_id(F.col(CUSTOMER_ID), STRING, source.missing_values if source else ())
    listed = storage.read_ids(spark, customer_file).select(canonical.alias(PERSON)).where(F.col(PERSON).isNotNull()).distinct()
    listed = cached(listed, kept)
    names = cached(_named(spark, settings, listed), kept)
    return People(listed, names, cached(names.select(CUSTOMER_ID).distinct(), kept), listed.count())


def _named(spark: SparkSession, settings: Settings, listed: DataFrame) -> DataFrame:
    """Everything that people are called in tables: by their ids, by pseudonyms under the key of now, and by all that the mapping tells."""
    names = listed.select(PERSON, F.col(PERSON).alias(CUSTOMER_ID))
    if (mapping := mapping_of(spark, settings.privacy)) is not None:
        known = mapping.select(F.col(CUSTOMER_ID).alias(PERSON), F.col(PSEUDONYM).alias(CUSTOMER_ID))
        names = names.unionByName(known.join(listed, PERSON, "left_semi"))
    if pseudonyms := pseudonyms_of(spark, settings.privacy):
        names = names.unionByName(with_pseudonyms(listed, pseudonyms.blocks, {CUSTOMER_ID: F.col(PERSON)}))
    return names.distinct()


def seen(spark: SparkSession, root: str, people: People) -> tuple[list[Sighting], int]:
    """Every sealed run that people are in, and how many of them are in any."""
    runs = [run for run in (Run(root, run_id) for run_id in run_ids(root)) if _is_sealed(run)]
    rows = {run.run_id: found for run in runs if (found := _rows(spark, run, people.ids))}
    where = [frame for run in runs for frame in _who(spark, run, rows.get(run.run_id, {}))]
    if not where:
        return [Sighting(run, rows[run.run_id], 0) for run in runs if run.run_id in rows], 0
    persons = reduce(DataFrame.unionByName, where).distinct().join(people.names, CUSTOMER_ID)
    counted = persons.rollup(_PLACE).agg(F.count_distinct(PERSON).alias("people")).collect()
    counts = {row[_PLACE]: row["people"] for row in counted}
    return [Sighting(run, rows[run.run_id], counts.get(run.run_id, 0)) for run in runs if run.run_id in rows], counts[None]


def unreadable_keys(spark: SparkSession, settings: Settings) -> list[str]:
    """Sealed runs whose pseudonyms nobody's id leads to: made with a key that is neither that of now nor told of in the mapping."""
    pseudonyms, mapping = pseudonyms_of(spark, settings.privacy), mapping_of(spark, settings.privacy)
    known = {None, pseudonyms.key_id if pseudonyms else None}
    if mapping is not None:
        known |= {row[KEY_ID] for row in mapping.select(KEY_ID).distinct().collect()}
    runs = [run for run in (Run(settings.output.path, run_id) for run_id in run_ids(settings.output.path)) if _is_sealed(run)]
    return [run.run_id for run in runs if (sealed_manifest(run).get("pseudonyms") or {}).get("key_id") not in known]


def _is_sealed(run: Run) -> bool:
    return state_of(run) in (State.PUBLISHED, State.COMPLETE, State.HELD_BACK)


def _rows(spark: SparkSession, run: Run, ids: DataFrame) -> dict[str, int]:
    """By table of a run, rows that are theirs; tables without are not told."""
    held = holdings(run.root, places_of(run))
    frames = {table: held.read(spark, table) for table in held.tables}
    counts = {table: only(frame, ids).count() for table, frame in frames.items() if is_about_people(frame)}
    return {table: count for table, count in counts.items() if count}


def _who(spark: SparkSession, run: Run, tables: dict[str, int]) -> list[DataFrame]:
    """Who is in a run: frames of (place, customer_id)."""
    held = holdings(run.root, places_of(run))
    frames = [held.read(spark, table) for table in tables]
    return [frame.select(F.lit(run.run_id).alias(_PLACE), CUSTOMER_ID) for frame in frames if CUSTOMER_ID in frame.columns]
