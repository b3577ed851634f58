"""Tables of the page: cells as text, ready to print."""

from collections.abc import Sequence
from dataclasses import dataclass

from segmentation.report.formats import NOTHING, is_missing, number, plain


@dataclass(frozen=True)
class Table:
    """Cells as text; the columns named in ``words`` hold text, all others numbers."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: frozenset[str]


def table(caption: str, columns: Sequence[str], rows: Sequence[tuple[str, ...]], words: Sequence[str]) -> Table:
    """A table from any sequences."""
    return Table(caption, tuple(columns), tuple(rows), frozenset(words))


def sentence(text: object) -> str:
    """Foreign text as a sentence, with a capital letter and a full stop."""
    words = plain("" if is_missing(text) else text, 300)
    return words[:1].upper() + words[1:] + ("." if words and words[-1] not in ".!?" else "")


def interval(low: float | None, high: float | None) -> str:
    """A range of values: 0.12 to 0.45."""
    return NOTHING if is_missing(low) or is_missing(high) else f"{number(low)} to {number(high)}"
