"""Publish: ask all analyses, suppress small groups, write, audit, seal, and switch readers over."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import pyarrow as arrow
from pyspark.sql import DataFrame
from pyspark.sql.types import StructType

from segmentation import storage
from segmentation.analyses.analysis import Analysis, Result
from segmentation.analyses.registry import all_tables, enabled_analyses
from segmentation.context import RunContext, run_concurrently
from segmentation.errors import SettingsError
from segmentation.fitted.model import save_description, save_pipeline
from segmentation.fitted.segments import FittedSegments
from segmentation.pipeline.manifest import build_manifest
from segmentation.privacy.suppression import n_suppressed_by_table
from segmentation.publish.audit import AuditResult, audit, undersized_segments
from segmentation.publish.catalog import refresh_views
from segmentation.publish.change_checks import change_faults
from segmentation.publish.delta_logs import write_delta_logs
from segmentation.publish.publications import PublishEvent, publish_if_latest
from segmentation.publish.run import Run
from segmentation.publish.seal import run_checksums, seal_run
from segmentation.publish.tables import RunTotals, TableSpec
from segmentation.report.page import render_page
from segmentation.report.report_data import ReportData
from segmentation.report.section import Section
from segmentation.schemas import Records


@dataclass(frozen=True)
class AnalyzedRun:
    """A run's segments and what all analyses found, after suppression."""

    segments: FittedSegments
    # By analysis, in the order of the page; those that had nothing to look at are left out.
    results: Mapping[Analysis, Result]
    # Number of suppressed values by table.
    suppressed: Mapping[str, int]

    @property
    def specs(self) -> dict[str, TableSpec]:
        """Declarations of the tables that the run publishes, by name."""
        return {spec.name: spec for analysis, result in self.results.items() for spec in analysis.tables if spec.name in result.tables}

    @property
    def rows(self) -> dict[str, Records]:
        """Rows of all small tables, by name."""
        return {name: result.rows(name) for result in self.results.values() for name in result.tables if not result.is_large(name)}

    @property
    def frames(self) -> dict[str, DataFrame]:
        """Frames of all large tables, by name."""
        tables = (item for result in self.results.values() for item in result.tables.items())
        return {name: table for name, table in tables if isinstance(table, DataFrame)}

    @property
    def faults(self) -> list[str]:
        """Why the run may not be published, as far as analyses know."""
        return [fault for result in self.results.values() for fault in result.faults]

    @property
    def totals(self) -> RunTotals:
        """What the audit checks tables against."""
        summary = self.segments.summary
        numbers: dict[str, Any] = {}
        for result in self.results.values():
            numbers |= result.totals
        revenue = [row["revenue_net"] for row in summary if row.get("revenue_net") is not None]
        known = {"customers": self.segments.count, "segments": len(summary), "revenue_net": sum(revenue) if revenue else None}
        return RunTotals({**known, **numbers}, {row["segment_id"]: row["customers"] for row in summary}, numbers.get("customer_keys"))


@dataclass(frozen=True)
class WrittenRun:
    """A run in its folder, sealed: its manifest, its small tables, and its audit."""

    manifest: dict[str, Any]
    tables: Mapping[str, Records]
    audited: AuditResult


@dataclass(frozen=True)
class RunResult:
    """A complete run: its manifest, its small tables as published, and the event that made it the published one.

    `event` is None where the run was only written.
    """

    run: Run
    manifest: dict[str, Any]
    tables: Mapping[str, Records]
    event: PublishEvent | None


def analyze(context: RunContext, segments: FittedSegments) -> AnalyzedRun:
    """Compute every analysis that the settings ask for, side by side, and suppress small groups."""
    analyses = enabled_analyses(context.settings)
    # What most of them need is computed once, before they start.
    _ = segments.published_summary
    computed = run_concurrently(*(partial(_computed, context, segments, analysis) for analysis in analyses))
    exact = {analysis: result for analysis, (result, _) in zip(analyses, computed, strict=True) if result is not None}
    for analysis, (result, seconds) in zip(analyses, computed, strict=True):
        if result is not None:
            context.run_log.record(analysis.name, seconds, result.counts)
    size = context.settings.privacy.min_group_size
    if size == 1:
        return AnalyzedRun(segments, exact, {})
    published = {analysis: analysis.suppress(result, size) for analysis, result in exact.items()}
    return AnalyzedRun(segments, published, _n_suppressed(exact, published))


def _computed(context: RunContext, segments: FittedSegments, analysis: Analysis) -> tuple[Result | None, float]:
    began = time.monotonic()
    return analysis.compute(context, segments), time.monotonic() - began


def _n_suppressed(exact: Mapping[Analysis, Result], published: Mapping[Analysis, Result]) -> dict[str, int]:
    small = {
        name: (result.rows(name), published[analysis].rows(name))
        for analysis, result in exact.items()
        for name in result.tables
        if not result.is_large(name)
    }
    return n_suppressed_by_table(small)


def write_run(context: RunContext, segments: FittedSegments) -> WrittenRun:
    """Write everything of a run into its folder, audit what was written, and seal it. Readers do not see it yet."""
    analyzed = analyze(context, segments)
    with context.run_log.stage("write") as stage:
        counts = _write(context, analyzed)
        stage.count(tables=len(analyzed.specs))
    if context.settings.publish.format == "delta":
        write_delta_logs(context.run.path(), context.run.orders, specs=analyzed.specs)
    manifest = partial(build_manifest, context, segments, analyzed.results, analyzed.suppressed)
    previous = segments.predecessor.manifest if segments.predecessor else None
    data = ReportData.from_rows(manifest(audited=None), analyzed.rows)
    with context.run_log.stage("audit") as stage:
        # The sections draw charts, which is Python's work; the audit is Spark's.
        audited, sections = run_concurrently(
            partial(_audit, context, analyzed, counts, data.manifest, previous), partial(_sections, analyzed, data)
        )
        stage.count(tables=len(audited.rows), rows=sum(audited.rows.values()))
    data = replace(data, manifest=manifest(audited=audited))
    storage.write_text(context.run.path("report.html"), render_page(data, sections))
    with context.run_log.stage("seal") as stage:
        files = run_checksums(context.run)
        stage.count(files=len(files), bytes=sum(file.bytes for file in files.values()))
    return WrittenRun(seal_run(context.run, manifest(audited=audited), files), analyzed.rows, audited)


def publish_run(context: RunContext, written: WrittenRun, began: float) -> RunResult:
    """Switch readers over to a written run, unless it failed its audit or is only to be written.

    `began` is `time.monotonic()` when the run started.

    Raises
    ------
    AuditFailedError
        The audit failed; readers stay where they were, and the run stays where it is.
    SettingsError
        Readers cannot be switched over.
    """
    run, settings = context.run, context.settings
    written.audited.raise_if_failed(
        f"it is kept in {run.path()}; `segmentation publish --run {run.run_id} --reason TEXT` overrides the audit"
    )
    event = None
    if context.is_published:
        event = _switch(context, written.manifest, began)
        if settings.publish.catalog:
            refresh_views(context.spark, settings.output.path, settings.publish.catalog, all_tables())
    return RunResult(run, written.manifest, written.tables, event)


def _switch(context: RunContext, manifest: Mapping[str, Any], began: float) -> PublishEvent:
    run, at = context.run, context.started_at + timedelta(seconds=time.monotonic() - began)
    try:
        return publish_if_latest(run, manifest["as_of"], at)
    except OSError as error:
        remedy = f"Fix that, then run `segmentation publish --run {run.run_id} --reason TEXT`"
        raise SettingsError(f"output.path: {run.path()} is complete, but readers cannot be switched over: {error}. {remedy}") from None


def _write(context: RunContext, analyzed: AnalyzedRun) -> dict[str, int]:
    """Write model and tables; the number of rows written of each large table.

    A large table that is in its place already was materialized on the way.
    """
    segments, run, frames = analyzed.segments, context.run, analyzed.frames
    _, *counts = run_concurrently(
        partial(save_pipeline, run, segments.pipeline, segments.prepared, segments.model_segments),
        *(partial(_write_frame, context, name, frame) for name, frame in frames.items()),
    )
    save_description(run, segments.model(analyzed.rows["k_selection"]))
    for name, rows in analyzed.rows.items():
        storage.write_rows(rows, _schema(analyzed, name), run.path(name))
    return dict(zip(frames, counts, strict=True))


def _write_frame(context: RunContext, name: str, frame: DataFrame) -> int:
    path = context.run.path(name)
    if not storage.exists(path):
        storage.write_table(frame, path)
    return storage.count_rows(path)


def _audit(
    context: RunContext, analyzed: AnalyzedRun, counts: Mapping[str, int], manifest: Mapping[str, Any], previous: Mapping[str, Any] | None
) -> AuditResult:
    settings, rows, totals = context.settings, analyzed.rows, analyzed.totals
    known = [
        *undersized_segments(analyzed.segments.summary, settings.privacy.min_group_size),
        *analyzed.faults,
        *(change_faults(manifest, previous, settings.publish) if context.is_published else ()),
    ]
    expectations = {
        name: spec.expectations(
            _schema(analyzed, name),
            len(rows[name]) if name in rows else counts[name],
            rows,
            totals,
            is_suppressed=name in analyzed.suppressed,
        )
        for name, spec in analyzed.specs.items()
    }
    return audit({name: _read_back(context, name) for name in expectations}, expectations, known)


def _schema(analyzed: AnalyzedRun, name: str) -> StructType:
    spec = analyzed.specs[name]
    if name in analyzed.frames:
        computed = analyzed.frames[name].schema
        return spec.schema_of(computed.names, computed)
    return spec.schema_of(spec.names_in(analyzed.rows[name]))


def _read_back(context: RunContext, name: str) -> DataFrame | arrow.Table:
    path = context.run.path(name)
    return storage.read_arrow_table(path) if storage.is_single_file_table(path) else storage.read_table(context.spark, path)


def _sections(analyzed: AnalyzedRun, data: ReportData) -> Sequence[Section]:
    sections = (analysis.section(result, data) for analysis, result in analyzed.results.items())
    return [section for section in sections if section is not None]
