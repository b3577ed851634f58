"""Process the log as a stream: merge each batch into live orders, and score the customers that it changes."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.utils import is_remote

from segmentation import storage
from segmentation.context import RunContext
from segmentation.error_redaction import redact_error
from segmentation.errors import OutputBusyError, SettingsError
from segmentation.privacy.denylist import load_denylist
from segmentation.privacy.pseudonyms import load_pseudonyms
from segmentation.progress import RunLog
from segmentation.session import required_conf
from segmentation.settings import Settings
from segmentation.stream.micro_batch import (
    FOLDER,
    ORDERS,
    SCRATCH,
    SEGMENTS,
    MicroBatch,
    drop_final_lines,
    late_threshold,
    live_path,
    process_lines,
    vacuum_tables,
)
from segmentation.stream.progress_file import RemoteProcessor, StreamProgress, load_progress
from segmentation.stream.rescoring import LiveModel, LiveScores, load_live_model, update_segments

CHECKPOINT, PROGRESS = "checkpoint", "progress.json"
_VACUUM_INTERVAL = 100
"""Batches between two removals of unused files."""


class BatchProcessor:
    """Processes the batches of a stream one after the other."""

    def __init__(self, settings: Settings, started_at: datetime, run_log: RunLog) -> None:
        self.settings, self.started_at, self.run_log = settings, started_at, run_log
        self.progress = StreamProgress()
        self.error: BaseException | None = None
        self._model: LiveModel | None = None
        self._cleaned_day: str | None = None
        self._scores: LiveScores | None = None

    def __call__(self, log: DataFrame, number: int) -> None:
        """Process a batch; an exception is remembered, since Spark passes on its text only."""
        try:
            self._process(log, number)
        except BaseException as error:
            self.error = redact_error(error, self.settings)
            raise

    def catch_up(self, spark: SparkSession) -> None:
        """Score all customers if the day described or the published run has changed since the last batch."""
        if storage.is_delta_table(self._path(ORDERS)):
            with ExitStack() as resources:
                context = self._context(spark, resources)
                self._scores = update_segments(context, self.model, (self._path(ORDERS), self._path(SEGMENTS)), None)

    @property
    def model(self) -> LiveModel:
        """The model of the run that is published now."""
        self._model = load_live_model(self.settings, self._model)
        return self._model

    def _process(self, log: DataFrame, number: int) -> None:
        with ExitStack() as resources, self.run_log.stage(f"batch {number}") as stage:
            context, model = self._context(log.sparkSession, resources), self.model
            batch = MicroBatch(context, self._stream_id(), number, model.categories)
            threshold = late_threshold(batch)
            if threshold is not None and threshold[:10] != self._cleaned_day:
                drop_final_lines(batch, threshold)
                self._cleaned_day = threshold[:10]
            result, scores = process_lines(batch, log, threshold), LiveScores()
            if result.changed_customers is not None:
                paths = (batch.live_path(ORDERS), batch.live_path(SEGMENTS))
                scores = self._scores = update_segments(context, model, paths, result.changed_customers, self._scores)
            if number % _VACUUM_INTERVAL == _VACUUM_INTERVAL - 1:
                vacuum_tables(batch)
            stage.count(lines=result.lines, rejected=result.rejected, repeated=result.repeated, scored=scores.rows)
        self.progress = self.progress.with_batch(result.lines, result.rejected)

    def _context(self, spark: SparkSession, resources: ExitStack) -> RunContext:
        return RunContext(
            spark=spark,
            settings=self.settings,
            run=self.model.run,
            started_at=self.started_at,
            run_log=self.run_log,
            resources=resources,
            pseudonyms=load_pseudonyms(spark, self.settings.privacy),
            erased=load_denylist(spark, self.settings.output.path),
        )

    def _path(self, name: str) -> str:
        return live_path(self.settings.output.path, name)

    def _stream_id(self) -> str:
        """The id that Spark gave the stream in its checkpoint."""
        metadata: dict[str, str] = json.loads(storage.read_text(storage.join(self._path(CHECKPOINT), "metadata")))
        return metadata["id"]


def stream(spark: SparkSession, settings: Settings, started_at: datetime, once: bool, run_log: RunLog | None = None) -> StreamProgress:
    """Process the log as a stream, until all that is available is processed, or until interrupted.

    Parameters
    ----------
    spark
        A session with Delta, and with Kafka's connector where lines come from Kafka (`connectors`).
    settings
        What to read, and where to write.
    started_at
        The time now (UTC).
    once
        Whether to stop when all that is available now is processed.
    run_log
        Receives the stages as they happen.

    Raises
    ------
    InputError
        No run is published, or the input cannot be read at all.
    SettingsError
        The settings or the published run do not allow a stream.
    MissingDependencyError
        The session cannot update Delta tables.
    OutputBusyError
        Another process writes to these live tables.
    """
    _check_settings(settings)
    storage.require_delta(spark)
    processor = BatchProcessor(settings, started_at, run_log or RunLog())
    live = storage.join(settings.output.path, FOLDER)
    with required_conf(spark), storage.output_permissions(settings.output.permissions):
        try:
            storage.make_folder(live)
            with exclusive_live_tables(live):
                _run_query(spark, processor, once)
        except BaseException as error:
            raise processor.error or redact_error(error, settings) from None
    return processor.progress


def _run_query(spark: SparkSession, processor: BatchProcessor, once: bool) -> None:
    settings = processor.settings
    scratch, progress, checkpoint = (live_path(settings.output.path, name) for name in (SCRATCH, PROGRESS, CHECKPOINT))
    storage.remove(scratch, progress)
    processor.catch_up(spark)
    log = storage.read_stream(spark, settings.log, settings.stream, may_quote=settings.privacy.pseudonyms is None)
    handler = _remote(processor, progress) if is_remote() else processor
    query = storage.start_stream(log, handler, checkpoint, storage.StreamTrigger(once, settings.stream.trigger_seconds))
    try:
        query.awaitTermination()
    except KeyboardInterrupt:
        # This is how an endless stream is stopped; one that should have ended by itself is not finished.
        if once:
            raise
    finally:
        # An interrupted batch is processed again by the next stream.
        query.stop()
        if is_remote():
            processor.progress, processor.error = load_progress(progress)
        storage.remove(scratch, progress)


def _remote(processor: BatchProcessor, path: str) -> RemoteProcessor:
    settings = processor.settings
    return RemoteProcessor(BatchProcessor(settings, processor.started_at, RunLog()), path, settings.output.permissions)


def _check_settings(settings: Settings) -> None:
    if settings.input is None:
        raise SettingsError("input: a stream needs a transaction log, and none is given")
    if settings.rules.exact_duplicates == "reject":
        raise SettingsError(
            "rules.exact_duplicates: reject compares each line with all others, which a stream no longer has. "
            "Set it to keep, and identify lines with stream.line_id: a line that is sent twice then counts once"
        )


@contextmanager
def exclusive_live_tables(live: str) -> Iterator[None]:
    """Lock the live tables, which one process at a time may update.

    Raises OutputBusyError where another process has the lock.
    """
    with ExitStack() as locks:
        try:
            locks.enter_context(storage.exclusive_lock(live, timeout_seconds=0))
        except OutputBusyError:
            raise OutputBusyError(f"{live}: another process follows a stream into these tables. Stop it first") from None
        yield
