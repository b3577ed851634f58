"""Follow the log as a stream: each batch into live orders, and the segments of the customers it touches kept up to date."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.utils import is_remote

from segmentation import storage
from segmentation.context import RunContext
from segmentation.errors import EnvironmentFault, SettingsError
from segmentation.progress import RunLog
from segmentation.session import settled
from segmentation.settings import Settings
from segmentation.workflows.accounts import Followed, Sent, taken_up
from segmentation.workflows.failures import told
from segmentation.workflows.live import FOLDER, ORDERS, SCRATCH, SEGMENTS, Batch, forget_settled, late_before_of, place, sweep, take
from segmentation.workflows.live_scores import LiveModel, Scored, live_model, rescore
from segmentation.workflows.pseudonyms import pseudonyms_of

CHECKPOINT, ACCOUNT = "checkpoint", "account.json"
_SWEEP_EVERY = 100
"""Batches after which files that nobody needs any more are removed."""


class Follower:
    """What a stream hands its batches to.

    Parameters
    ----------
    settings
        Of the stream and the tables.
    started_at
        The time now (UTC).
    journal
        Told what happens.
    """

    def __init__(self, settings: Settings, started_at: datetime, run_log: RunLog) -> None:
        self.settings, self.started_at, self.run_log = settings, started_at, run_log
        self.followed = Followed()
        self.fault: BaseException | None = None
        self._model: LiveModel | None = None
        self._tidied: str | None = None
        self._scored: Scored | None = None

    def __call__(self, log: DataFrame, number: int) -> None:
        """Take a batch; what fails is kept, since Spark tells it as a text alone."""
        try:
            self._take(log, number)
        except BaseException as error:
            self.fault = told(error, self.settings)
            raise

    def catch_up(self, spark: SparkSession) -> None:
        """Score all customers, where the day described or the published run has changed while nobody followed."""
        if storage.is_live(self._place(ORDERS)):
            with ExitStack() as kept:
                self._scored = rescore(self._job(spark, kept), self.model, (self._place(ORDERS), self._place(SEGMENTS)), None)

    @property
    def model(self) -> LiveModel:
        """That of the run that is published now."""
        self._model = live_model(self.settings, self._model)
        return self._model

    def _take(self, log: DataFrame, number: int) -> None:
        with ExitStack() as kept, self.run_log.stage(f"batch {number}") as stage:
            context, model = self._job(log.sparkSession, kept), self.model
            batch = Batch(context, self._writer(), number, model.categories)
            late = late_before_of(batch)
            if late is not None and late[:10] != self._tidied:
                forget_settled(batch, late)
                self._tidied = late[:10]
            taken = take(batch, log, late)
            scored = Scored()
            if taken.touched is not None:
                scored = rescore(context, model, (batch.place(ORDERS), batch.place(SEGMENTS)), taken.touched, self._scored)
                self._scored = scored
            if number % _SWEEP_EVERY == _SWEEP_EVERY - 1:
                sweep(batch)
            stage.count(lines=taken.lines, rejected=taken.rejected, repeated=taken.repeated, scored=scored.rows)
        self.followed = self.followed.and_batch(taken.lines, taken.rejected)

    def _job(self, spark: SparkSession, kept: ExitStack) -> RunContext:
        return RunContext(
            spark, self.settings, self.model.run, self.started_at, self.run_log, kept, pseudonyms_of(spark, self.settings.privacy)
        )

    def _place(self, name: str) -> str:
        return place(self.settings.output.path, name)

    def _writer(self) -> str:
        """What Spark calls this stream, in its checkpoint."""
        found: str = json.loads(storage.read_text(storage.join(self._place(CHECKPOINT), "metadata")))["id"]
        return found


def stream(spark: SparkSession, settings: Settings, started_at: datetime, once: bool, run_log: RunLog | None = None) -> Followed:
    """Follow the log, until all that is there is taken, or until told to stop.

    Parameters
    ----------
    spark
        A session with Delta, and with Kafka's connector where lines come from there (`connectors`).
    settings
        What to follow, and where to write.
    started_at
        The time now (UTC).
    once
        Whether to stop when all that is there now is taken.
    journal
        Told what happens.

    Raises
    ------
    InputError
        No run is published, or what comes cannot be read at all.
    SettingsError
        The published run or the settings are none for a stream.
    EnvironmentFault
        The session cannot change Delta tables, or another process follows a stream into these tables.
    """
    _check(settings)
    storage.check_delta(spark)
    follower = Follower(settings, started_at, run_log or RunLog())
    live = storage.join(settings.output.path, FOLDER)
    with settled(spark), storage.written_for(settings.output.permissions):
        try:
            storage.make_folder(live)
            with _alone(live):
                _followed(spark, follower, once)
        except BaseException as error:
            raise follower.fault or told(error, settings) from None
    return follower.followed


def _followed(spark: SparkSession, follower: Follower, once: bool) -> None:
    settings = follower.settings
    scratch, account, checkpoint = (place(settings.output.path, name) for name in (SCRATCH, ACCOUNT, CHECKPOINT))
    storage.remove(scratch, account)
    follower.catch_up(spark)
    taker = Sent(Follower(settings, follower.started_at, RunLog()), account, settings.output.permissions) if is_remote() else follower
    log = storage.read_stream(spark, settings.log, settings.stream, quotes=settings.privacy.pseudonyms is None)
    query = storage.follow(log, taker, checkpoint, storage.Pace(once, settings.stream.every_seconds))
    try:
        query.awaitTermination()
    except KeyboardInterrupt:
        # The way a stream without end is told to stop; one that should have ended by itself has not done its work.
        if once:
            raise
    finally:
        # A batch that is cut off here is taken again the next time.
        query.stop()
        if is_remote():
            follower.followed, follower.fault = taken_up(account)
        storage.remove(scratch, account)


def _check(settings: Settings) -> None:
    if settings.input is None:
        raise SettingsError("input: a stream needs a transaction log, and none is given")
    if settings.rules.exact_duplicates == "reject":
        raise SettingsError(
            "rules.exact_duplicates: reject compares each line with all others, which a stream no longer has. "
            "Keep them, and name lines with stream.line_id: what is sent twice then counts once"
        )


@contextmanager
def _alone(live: str) -> Iterator[None]:
    """Hold the live tables, which one process at a time may change."""
    with ExitStack() as held:
        try:
            held.enter_context(storage.locked(live, patience_seconds=0))
        except EnvironmentFault:
            raise EnvironmentFault(f"{live}: another process follows a stream into these tables. Stop it first") from None
        yield
