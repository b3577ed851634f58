"""A run held against the one before and the same season's: keep scoring, refit, or stop and look. Nothing is written."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import SparkSession

from segmentation import storage
from segmentation.context import RunContext
from segmentation.errors import InputError
from segmentation.progress import RunLog
from segmentation.publish.integrity import is_sealed, sealed_manifest
from segmentation.publish.run import Run, published
from segmentation.session import settled
from segmentation.settings import Settings, validated
from segmentation.workflows.references import known
from segmentation.workflows.watching import Watched, summary_of, watched


@dataclass(frozen=True)
class Report:
    """What was found about a run."""

    run: Run
    as_of: str
    found: Watched


def looked_at(root: str, run_id: str | None = None) -> Run:
    """The run to look at: the published one, or one that is named, held back or not.

    Parameters
    ----------
    root
        The output root.
    run_id
        Which.

    Raises
    ------
    InputError
        None is published, or none of that name is complete.
    """
    run = published(root) if run_id is None else Run(root, run_id)
    if run is None:
        raise InputError(f"{root}: no run is published there. Run `segmentation segment` first, or name another folder with --output")
    if not is_sealed(run):
        raise InputError(f"{run.path()}: no completed run. `segmentation runs` lists those there are")
    return run


def settings_of(run: Run) -> Settings:
    """The settings that a run was made with, where none are given.

    Raises
    ------
    IntegrityError
        Its manifest is not as it was sealed.
    SettingsError
        Another version made it, whose settings are none of this one.
    """
    return validated(sealed_manifest(run)["settings"], run.path("manifest.json"))


def monitor(spark: SparkSession, settings: Settings, run: Run, run_log: RunLog | None = None) -> Report:
    """Look at a run.

    Parameters
    ----------
    spark
        The session.
    settings
        Thresholds.
    run
        Which; complete.
    journal
        Told what happens.

    Raises
    ------
    InputError
        Its folders lack what is looked at.
    IntegrityError
        Its manifest, or a model that is applied, is not as it was sealed.
    """
    manifest = sealed_manifest(run)
    with settled(spark), ExitStack() as kept:
        context = RunContext(spark, settings, run, datetime.fromtimestamp(0, UTC), run_log or RunLog(), kept)
        try:
            return Report(run, manifest["as_of"], watched(context, known(run, manifest), summary_of(run)))
        except Exception as error:
            raise storage.explained(error, run.root) or error from None
