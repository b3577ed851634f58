"""Text from files, tables and settings on a terminal: shown, and never interpreted."""

import logging
from typing import Any

import typer
from rich.text import Text

from segmentation.characters import is_visible


def shown(text: object) -> str:
    """Text that cannot colour, move, link or rewrite the screen: invisible characters other than line ends are escaped."""
    return "".join(letter if is_visible(letter) or letter == "\n" else _escaped(letter) for letter in str(text))


def line(text: object) -> str:
    """The same on one line."""
    return shown(text).replace("\n", "\\n")


def say(text: object, err: bool = False) -> None:
    """Print text that may hold foreign names."""
    typer.echo(shown(text), err=err)


def cell(text: Any) -> Text:
    """A cell or heading of a table as plain text: brackets in it are not markup."""
    return Text(line(text))


class PlainLines(logging.Formatter):
    """A log with one line per record, whatever names it holds."""

    def format(self, record: logging.LogRecord) -> str:
        """A record as a line; only a stack trace after it has more lines."""
        message = logging.makeLogRecord({**record.__dict__, "msg": line(record.getMessage()), "args": None})
        return shown(super().format(message))


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()
