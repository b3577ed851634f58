"""Foreign text on a terminal: names from files, tables and settings are shown, and never obeyed."""

from typing import Any

import typer
from rich.text import Text

from segmentation.characters import is_seen


def shown(text: object) -> str:
    """Text that can neither colour, move, link nor rewrite the screen: what cannot be seen is spelt out, but for line ends."""
    return "".join(letter if is_seen(letter) or letter == "\n" else _spelt(letter) for letter in str(text))


def line(text: object) -> str:
    """The same on one line."""
    return shown(text).replace("\n", "\\n")


def say(text: object, err: bool = False) -> None:
    """Print foreign text."""
    typer.echo(shown(text), err=err)


def cell(text: Any) -> Text:
    """A cell or a heading of a table as plain text: brackets in it are no markup."""
    return Text(line(text))


def _spelt(letter: str) -> str:
    return letter.encode("unicode_escape").decode()
