"""Sections of the page, made of blocks that the page can render."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup

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


@dataclass(frozen=True)
class Chart:
    """A drawing as SVG, and the table behind it."""

    svg: Markup
    table: Table


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `strong` is set in bold in front of it."""

    text: str
    strong: str = ""


@dataclass(frozen=True)
class Note:
    """A paragraph in small print."""

    text: str


@dataclass(frozen=True)
class Heading:
    """A heading below the section's own; with an anchor and a navigation text it can be linked to."""

    text: str
    anchor: str = ""
    navigation: str = ""


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """A chart with its caption, and its table folded away below; the row whose first cell is `chosen` is emphasised."""

    chart: Chart
    caption: str
    strong: str = ""
    chosen: str | None = None


@dataclass(frozen=True)
class SideBySide:
    """Figures next to each other where the screen is wide."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class TableBlock:
    """A table that is always shown; the row whose first cell is `chosen` is emphasised."""

    table: Table
    chosen: str | None = None


@dataclass(frozen=True)
class Template:
    """Anything else: a Jinja template of an analysis's folder, by its path below `segmentation/`, and its values."""

    path: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class SingleCustomers:
    """Blocks that show single customers; they are removed from the page when somebody is erased."""

    blocks: "tuple[Block, ...]"


Block = Paragraph | Note | Heading | Bullets | Figure | SideBySide | TableBlock | Template | SingleCustomers


@dataclass(frozen=True)
class CardPart:
    """An addition to the card of a segment in another section: a heading and a list, or a paragraph."""

    heading: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A section of the page.

    Parameters
    ----------
    anchor
        Its place in the page's address: `rfm` is found at `report.html#rfm`.
    title
        Its heading.
    navigation
        Its name in the list at the top.
    blocks
        What it shows, in order.
    card_parts
        What it adds to a segment's card, by the anchor of the section that has the card, and the segment.
    glossary
        Terms that it uses, and what they mean.
    """

    anchor: str
    title: str
    navigation: str
    blocks: tuple[Block, ...]
    card_parts: Mapping[tuple[str, int], CardPart] = field(default_factory=dict)
    glossary: tuple[tuple[str, str], ...] = ()

    def extended(self, other: "Section") -> "Section":
        """The same, followed by what another section shows."""
        return replace(
            self,
            blocks=(*self.blocks, *other.blocks),
            card_parts={**self.card_parts, **other.card_parts},
            glossary=(*self.glossary, *other.glossary),
        )
