"""How reading a log ends: in counts, or in an error."""

from dataclasses import dataclass, field
from decimal import Decimal

from ingest.logs import read_validated_lines
from pyspark.sql import functions as F

from segmentation import storage
from segmentation.errors import InputError, SegmentationError, SettingsError
from segmentation.ingest.accounting import LineTotals, Rejections
from segmentation.ingest.log import check_log_usable
from segmentation.session import required_conf
from segmentation.settings import settings_from_dict

COLUMNS = {
    "order_id": "order",
    "customer_id": "who",
    "ordered_at": "when",
    "quantity": "units",
    "unit_price": "price",
    "description": "what",
}
PATTERN = "yyyy-MM-dd HH:mm:ss"


@dataclass(frozen=True)
class Counted:
    """Lines accepted and their amount; lines rejected by all their reasons; the customers of accepted lines, where they matter."""

    accepted: int
    amount: Decimal
    rejected: dict[str, int] = field(default_factory=dict)
    customers: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Refused:
    """Words of the message; none of a stack trace."""

    words: tuple[str, ...]
    error: type[SegmentationError] = InputError


@dataclass(frozen=True)
class Case:
    """An input, and how it must end. More than one expected end: whichever, but no other.

    Parameters
    ----------
    name, kind
        What is wrong with it, and the kind of fault that is.
    files
        Content by name.
    ends
        How it must end.
    settings
        Further settings of `input`.
    """

    name: str
    kind: str
    files: dict[str, bytes]
    ends: tuple[Counted | Refused, ...]
    settings: dict = field(default_factory=dict)


def settings_of(path, **source):
    return settings_from_dict({"input": {"format": "csv", "path": str(path), "columns": COLUMNS, "timestamp_format": PATTERN, **source}})


def written(case, folder):
    for name, content in case.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def ending(spark, path, **source):
    """Counts, or the error that a user would be shown; any other error is raised."""
    try:
        settings = settings_of(path, **source)
        with required_conf(spark):
            return _counted(read_validated_lines(spark, settings), settings)
    except Exception as error:
        translated = error if isinstance(error, SegmentationError) else storage.translate_error(error)
        if translated is None:
            raise
        return translated


def _counted(lines, settings):
    rows = (
        lines.groupBy("is_rejected", F.array_join("reasons", "+").alias("why"))
        .agg(F.count(F.lit(1)).alias("lines"), F.sum("amount_e4").alias("e4"), F.array_sort(F.collect_set("customer_id")).alias("ids"))
        .collect()
    )
    check_log_usable(None, Rejections({}), LineTotals(sum(row.lines for row in rows), 0), settings)
    accepted = next((row for row in rows if not row.is_rejected), None)
    return Counted(
        accepted.lines if accepted else 0,
        Decimal(accepted.e4 if accepted else 0) / 10_000,
        {row.why: row.lines for row in rows if row.is_rejected},
        tuple(accepted.ids) if accepted else (),
    )


def is_as_expected(result, expected):
    """Whether it ended so."""
    if isinstance(expected, Refused):
        message = str(result)
        is_expected_error = isinstance(result, expected.error) and all(word in message for word in expected.words)
        return is_expected_error and "Traceback" not in message and "at org.apache" not in message and len(message) < 6_000
    if not isinstance(result, Counted):
        return False
    same = (result.accepted, result.amount, result.rejected) == (expected.accepted, expected.amount, expected.rejected)
    return same and expected.customers in (None, result.customers)


__all__ = [
    "COLUMNS",
    "PATTERN",
    "Case",
    "Counted",
    "InputError",
    "Refused",
    "SettingsError",
    "ending",
    "is_as_expected",
    "settings_of",
    "written",
]
