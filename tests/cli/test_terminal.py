"""Foreign text on a terminal is shown, and never interpreted."""

import io
import logging

import pytest
from oracle.hostile import ALL, ON_A_TERMINAL
from rich.console import Console
from rich.table import Table
from typer.testing import CliRunner

from segmentation.characters import is_visible
from segmentation.cli.app import app
from segmentation.cli.terminal import PlainLines, cell, line, shown


@pytest.mark.parametrize("text", ALL)
def test_only_visible_characters_and_line_ends_remain(text):
    assert [letter for letter in shown(text) if not is_visible(letter) and letter != "\n"] == []
    assert all(map(is_visible, line(text)))


@pytest.mark.parametrize("text", ["Größe", "日本 العملاء 🛍", "two\nlines", "1\u00a0234 €", "a\\b", "[red]"])
def test_visible_text_does_not_change(text):
    assert shown(text) == text


def test_invisible_characters_are_escaped():
    assert shown("a\x1b[31mb\u202ec\x9bd") == "a\\x1b[31mb\\u202ec\\x9bd"
    assert line("two\nlines\r") == "two\\nlines\\r"


@pytest.mark.parametrize("text", ON_A_TERMINAL)
def test_a_table_shows_brackets_as_brackets(text):
    table = Table(title=cell(text))
    table.add_column(cell(text))
    table.add_row(cell(text))
    printed = io.StringIO()
    Console(file=printed, width=200, force_terminal=True, color_system="truecolor").print(table)
    assert printed.getvalue().count(line(text)) == 3
    assert "evil.invalid\x1b" not in printed.getvalue()
    assert "\x1b]8" not in printed.getvalue()


@pytest.mark.parametrize("text", ["\x1b[2J\x1b[31m", "\u202e", "\x9b2J"])
def test_an_error_repeats_foreign_text_escaped(tmp_path, text):
    (tmp_path / "s.yaml").write_text("report: {title: x}\n")
    for arguments in (["--config", f"{tmp_path}/{text}.yaml"], ["--config", str(tmp_path / "s.yaml"), "--set", f"{text}=1"]):
        result = CliRunner().invoke(app, ["segment", *arguments])
        assert result.exit_code == 2
        assert [letter for letter in result.output if not is_visible(letter) and letter != "\n"] == []


@pytest.mark.parametrize("text", ON_A_TERMINAL)
def test_a_name_in_the_log_makes_no_second_line_and_no_colour(text):
    record = logging.LogRecord("segmentation", logging.INFO, "", 0, "read: %s", (f"a\n2026 forged{text}",), None)
    assert all(map(is_visible, PlainLines("%(asctime)s %(message)s").format(record)))
