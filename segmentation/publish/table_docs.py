"""Documentation of published tables, generated from their declarations."""

from collections.abc import Iterable, Iterator

from pyspark.sql import types as T

from segmentation.publish.tables import Column, TableSpec

_TYPES = {
    "bigint": "BIGINT",
    "int": "INT",
    "double": "DOUBLE",
    "string": "STRING",
    "date": "DATE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
}


def tables_as_markdown(specs: Iterable[TableSpec]) -> str:
    """A chapter for each table: grain, columns, checks, notes."""
    return "\n\n".join("\n".join(_chapter(spec)) for spec in specs) + "\n"


def _chapter(spec: TableSpec) -> Iterator[str]:
    yield f"## {spec.name}"
    yield ""
    yield spec.grain + (f" Published {spec.published}." if spec.published else "")
    yield ""
    yield "| column | type | meaning |"
    yield "| --- | --- | --- |"
    yield from (f"| {_name(column)} | {type_name(column.type)} | {_meaning(column)} |" for column in spec.columns)
    if spec.key:
        yield ""
        yield f"Key: {', '.join(spec.key)}." + _checks(spec)
    elif spec.checks:
        yield ""
        yield _checks(spec).strip()
    if spec.notes:
        yield ""
        yield spec.notes


def _name(column: Column) -> str:
    return f"`{column.name}`" if column.is_family else column.name


def type_name(kind: T.DataType | None) -> str:
    """A type as documentation writes it: DECIMAL for amounts, ARRAY<STRING> for lists."""
    if kind is None:
        return "by input"
    if isinstance(kind, T.DecimalType):
        return "DECIMAL"
    if isinstance(kind, T.ArrayType):
        return f"ARRAY<{type_name(kind.elementType)}>"
    return _TYPES.get(kind.simpleString(), kind.simpleString().upper())


def _meaning(column: Column) -> str:
    return column.doc.replace("|", "\\|") + (" Null where suppressed." if column.suppressible else "")


def _checks(spec: TableSpec) -> str:
    return f" Checked before a run is published: {'; '.join(map(str, spec.checks))}." if spec.checks else ""
