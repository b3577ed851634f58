"""The shape of an analysis: what it publishes, how it is computed, how small groups are suppressed, what the page shows of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from pyspark.sql import DataFrame

from segmentation.context import RunContext
from segmentation.fitted.customer_features import CustomerFeatures
from segmentation.fitted.segments import FittedSegments
from segmentation.privacy.suppression import suppress_counts
from segmentation.publish.tables import TableSpec
from segmentation.report.formats import number
from segmentation.report.report_data import ReportData
from segmentation.report.section import Block, Section, Table, TableBlock
from segmentation.schemas import Record
from segmentation.settings import Settings


@dataclass(frozen=True)
class Result:
    """What an analysis computed.

    Parameters
    ----------
    tables
        By name: rows of a small table, or the frame of a large one, which is computed when it is written. A table that is declared
        and not in here is not published.
    facts
        Plain values for the manifest, under the analysis's name.
    faults
        Why the run may not be published; each is a sentence.
    counts
        For the run's log: what was computed, by name.
    totals
        Numbers that the checks of its tables name.
    details
        Anything else that its section draws; never published by itself.
    """

    tables: Mapping[str, Sequence[Record] | DataFrame] = field(default_factory=dict)
    facts: Mapping[str, Any] | None = None
    faults: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    totals: Mapping[str, Any] = field(default_factory=dict)
    details: Any = None

    def is_large(self, name: str) -> bool:
        """Whether a table is a frame."""
        return isinstance(self.tables[name], DataFrame)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Rows of a small table; none where it is not published."""
        table = self.tables.get(name, ())
        if isinstance(table, DataFrame):
            raise TypeError(f"{name} is a large table")
        return list(map(dict, table))

    def with_tables(self, **tables: Sequence[Record]) -> "Result":
        """The same with other rows in some of its tables."""
        return replace(self, tables={**self.tables, **tables})


class Analysis:
    """One analysis. Subclasses declare `name` and `tables`, and override `compute`; the rest has defaults."""

    name: ClassVar[str]
    tables: ClassVar[tuple[TableSpec, ...]] = ()

    def is_enabled(self, settings: Settings) -> bool:
        """Whether the settings ask for it."""
        return True

    def check_input(self, settings: Settings, source: CustomerFeatures) -> None:
        """Raise InputError where the customers of a run cannot be looked at as the settings ask; called before anything is fitted."""

    def compute(self, context: RunContext, segments: FittedSegments) -> Result | None:
        """What it finds about segments; None where they give nothing to look at, such as purchases where there is no log.

        Nothing is written here: large frames are returned, and the pipeline writes them when it publishes the run.

        Parameters
        ----------
        context
            The run under way.
        segments
            Customers in segments, exact: nothing is suppressed yet.
        """
        raise NotImplementedError

    def suppress(self, result: Result, min_group_size: int) -> Result:
        """The result without what describes fewer customers than `min_group_size`, directly or by subtraction.

        By default, tables are suppressed as their `TableSpec.suppression` declares. Large tables are left as they are.

        Parameters
        ----------
        result
            Exact.
        min_group_size
            Above 1; with 1, nobody calls this.
        """
        declared = {spec.name: spec.suppression for spec in self.tables if spec.suppression and spec.name in result.tables}
        suppressed = {
            name: suppress_counts(result.rows(name), how.count, how.dependent, min_group_size, how.by) for name, how in declared.items()
        }
        return result.with_tables(**suppressed)

    def section(self, result: Result, data: ReportData) -> Section | None:
        """Its section of the page; None where there is nothing to show.

        By default, each of its small tables as it is.

        Parameters
        ----------
        result
            After suppression.
        data
            The run's manifest and tables.
        """
        shown: list[Block] = [
            TableBlock(_plain_table(spec, result.rows(spec.name)))
            for spec in self.tables
            if not isinstance(result.tables.get(spec.name), DataFrame) and result.rows(spec.name)
        ]
        title = self.name.replace("_", " ").capitalize()
        return Section(self.name, title, title, tuple(shown)) if shown else None


def _plain_table(spec: TableSpec, rows: list[dict[str, Any]]) -> Table:
    names = tuple(rows[0])
    words = {name for name in names if any(isinstance(row[name], str) for row in rows)}
    cells = tuple(tuple(str(row[name] or "") if name in words else number(row[name]) for name in names) for row in rows)
    titles = {name: name.replace("_", " ").capitalize() for name in names}
    return Table(spec.grain, tuple(titles.values()), cells, frozenset(titles[name] for name in words))
