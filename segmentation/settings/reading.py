"""From a text to a plain tree of settings: strict YAML, of a size and depth that settings have."""

import re
from collections import Counter
from datetime import date, datetime
from typing import Any

import yaml

from segmentation.errors import SettingsError, shortened

DEEPEST = 12
"""Levels of a tree: the settings know five."""
MOST_VALUES = 20_000
"""Values of a tree, each counted as often as anchors repeat it."""

_MERGE = "tag:yaml.org,2002:merge"


class _StrictLoader(yaml.SafeLoader):
    """A safe loader for which a key given twice is a fault."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = Counter(str(self.construct_object(key, deep=True)) for key, _ in node.value if key.tag != _MERGE)
        twice = sorted(key for key, times in keys.items() if times > 1)
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"given twice: {shortened(', '.join(twice))}", node.start_mark)
        return {str(key): value for key, value in super().construct_mapping(node, deep).items()}


# YAML 1.1 takes 1e-5 for a text.
_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789"))


def parsed(text: str, origin: str, quotes: bool = True) -> dict[str, Any]:
    """The tree a YAML text stands for.

    Parameters
    ----------
    text
        Sections and their keys.
    origin
        Where the text comes from, for messages.
    quotes
        Whether messages may quote what was found; it may be a secret.

    Raises
    ------
    SettingsError
        No YAML, no sections, more levels or values than settings have, or a value that no setting can be.
    """
    try:
        tree = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise SettingsError(f"{origin}: not readable as YAML: {error if quotes else _place_of(error)}") from None
    except RecursionError:
        raise SettingsError(f"{origin}: nested too deep: settings have {DEEPEST} levels at most") from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # Where a value is not what it seems or is said to be, such as 2024-02-30 or !!bool maybe, PyYAML stumbles.
        raise SettingsError(f"{origin}: not readable as YAML: {f'no such value: {error}' if quotes else 'a value is none'}") from None
    if not isinstance(tree, dict):
        raise SettingsError(f"{origin}: expected sections such as 'input:', found {type(tree).__name__}")
    _check_size(tree, origin, quotes)
    return tree


def _place_of(error: yaml.YAMLError) -> str:
    """Line and column without what stands there."""
    mark = getattr(error, "problem_mark", None)
    return f"see line {mark.line + 1}, column {mark.column + 1}" if mark else "its end is missing"


def _check_size(tree: dict[str, Any], origin: str, quotes: bool) -> None:
    """Raise unless a walk over the tree ends soon; anchors can make a short text endless."""
    waiting: list[tuple[Any, int]] = [(tree, 1)]
    values = 0
    while waiting:
        value, level = waiting.pop()
        values += 1
        inside = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
        if level > DEEPEST:
            raise SettingsError(f"{origin}: nested too deep: settings have {DEEPEST} levels at most")
        if values + len(waiting) + len(inside) > MOST_VALUES:
            raise SettingsError(f"{origin}: more than {MOST_VALUES:,} values, counting each as often as anchors repeat it")
        if not isinstance(value, dict | list | str | bool | int | float | date | datetime | None):
            raise SettingsError(f"{origin}: a {type(value).__name__} is no setting: give plain texts, numbers, dates, lists and sections")
        if isinstance(value, str) and not value.isprintable() and any("\ud800" <= sign <= "\udfff" for sign in value):
            raise SettingsError(f"{origin}: half a character{f', {shortened(value)!a}' if quotes else ''}: not a text")
        waiting += [(one, level + 1) for one in inside]
