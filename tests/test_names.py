"""Names have one meaning each: words that had several are no part of any identifier."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDERS = ("segmentation", "jobs", "scripts", "benchmarks", "tests")
OVERLOADED = frozenset(
    [
        "keep",
        "keeps",
        "kept",
        "keeping",
        "told",
        "tell",
        "tells",
        "telling",
        "settle",
        "settles",
        "settled",
        "mark",
        "marks",
        "marked",
        "standing",
        "stand",
        "stands",
        "found",
        "few",
        "beside",
        "held",
        "anew",
        "astride",
    ]
)
"""Each meant several things, such as `keep`: cache, suppress, retain, deny; `told`: suppressed, serialized, explained."""
EXEMPT = frozenset({"pytestmark"})
"""Names that other libraries prescribe."""


def words_of(name):
    """The words of an identifier: `HeldBackError` has held, back and error."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def defined_names(tree):
    """Names that a module binds, with their lines; names that it only uses are bound elsewhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield (node.id if isinstance(node, ast.Name) else node.attr), node.lineno
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname, node.lineno
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name, node.lineno


def overloaded_names(tree):
    """Defined names with an overloaded word, with their lines."""
    return [(name, line) for name, line in defined_names(tree) if name not in EXEMPT and not OVERLOADED.isdisjoint(words_of(name))]


def modules():
    """Every module of the repository."""
    return [path for folder in FOLDERS for path in sorted((REPOSITORY / folder).rglob("*.py"))]


def test_no_identifier_has_an_overloaded_word():
    faults = [
        f"{path.relative_to(REPOSITORY)}:{line}: {name}"
        for path in modules()
        for name, line in overloaded_names(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert faults == []


def test_no_module_is_called_by_an_overloaded_word():
    assert [str(path.relative_to(REPOSITORY)) for path in modules() if not OVERLOADED.isdisjoint(words_of(path.stem))] == []


def test_no_two_public_classes_share_a_name():
    classes = [
        node.name
        for path in sorted((REPOSITORY / "segmentation").rglob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    assert [name for name, count in Counter(classes).items() if count > 1] == []


@pytest.mark.parametrize(
    "text",
    [
        "def kept_back(): pass",
        "class HeldBackError(Exception): pass",
        "found = 1",
        "run.told = 2",
        "for few in (): pass",
        "def rows(smallest, marks=()): pass",
        "from fittings import counted as told",
        "[beside for beside in ()]",
    ],
)
def test_an_overloaded_word_is_detected_wherever_a_name_is_bound(text):
    assert len(overloaded_names(ast.parse(text))) == 1


@pytest.mark.parametrize("text", ["frame.drop_duplicates(keep='first')", "pytest.mark.slow", "raise FileNotFoundError", "foundation = 1"])
def test_names_that_are_only_used_and_other_words_are_no_fault(text):
    assert overloaded_names(ast.parse(text)) == []
