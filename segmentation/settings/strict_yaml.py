"""From text to a tree of settings: strict YAML, limited in size and depth."""

import re
from collections import Counter
from datetime import date, datetime
from typing import Any

import yaml

from segmentation.errors import SettingsError, shortened

MAX_DEPTH = 12
"""Levels of a tree; settings have five."""
MAX_VALUES = 20_000
"""Values of a tree, each counted as often as anchors repeat it."""

_MERGE = "tag:yaml.org,2002:merge"


class _StrictLoader(yaml.SafeLoader):
    """A safe loader that refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = Counter(str(self.construct_object(key, deep=True)) for key, _ in node.value if key.tag != _MERGE)
        repeated = sorted(key for key, times in keys.items() if times > 1)
        if repeated:
            raise yaml.constructor.ConstructorError(None, None, f"given twice: {shortened(', '.join(repeated))}", node.start_mark)
        return {str(key): value for key, value in super().construct_mapping(node, deep).items()}


# YAML 1.1 reads 1e-5 as text.
_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789"))


def parse_yaml(text: str, origin: str, quotes: bool = True) -> dict[str, Any]:
    """The tree of a YAML text.

    Messages name `origin`; they quote what was found only with `quotes`, since it may be a secret.

    Raises
    ------
    SettingsError
        Not YAML, no sections, too many levels or values, or a value of a type that no setting has.
    """
    try:
        tree = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise SettingsError(f"{origin}: not readable as YAML: {error if quotes else _position(error)}") from None
    except RecursionError:
        raise SettingsError(f"{origin}: nested too deep: settings have {MAX_DEPTH} levels at most") from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # PyYAML raises these for values that are not of their type, such as 2024-02-30 or !!bool maybe.
        raise SettingsError(f"{origin}: not readable as YAML: {f'no such value: {error}' if quotes else 'a value is none'}") from None
    if not isinstance(tree, dict):
        raise SettingsError(f"{origin}: expected sections such as 'input:', found {type(tree).__name__}")
    _check_size(tree, origin, quotes)
    return tree


def _position(error: yaml.YAMLError) -> str:
    """Line and column, without the text there."""
    at = getattr(error, "problem_mark", None)
    return f"see line {at.line + 1}, column {at.column + 1}" if at else "its end is missing"


def _check_size(tree: dict[str, Any], origin: str, quotes: bool) -> None:
    """Raise where the tree is too large; anchors can make a short text endless."""
    waiting: list[tuple[Any, int]] = [(tree, 1)]
    values = 0
    while waiting:
        value, level = waiting.pop()
        values += 1
        inside = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
        if level > MAX_DEPTH:
            raise SettingsError(f"{origin}: nested too deep: settings have {MAX_DEPTH} levels at most")
        if values + len(waiting) + len(inside) > MAX_VALUES:
            raise SettingsError(f"{origin}: more than {MAX_VALUES:,} values, counting each as often as anchors repeat it")
        if not isinstance(value, dict | list | str | bool | int | float | date | datetime | None):
            raise SettingsError(f"{origin}: a {type(value).__name__} is no setting: give plain texts, numbers, dates, lists and sections")
        if isinstance(value, str) and not value.isprintable() and any("\ud800" <= sign <= "\udfff" for sign in value):
            raise SettingsError(f"{origin}: half a character{f', {shortened(value)!a}' if quotes else ''}: not a text")
        waiting += [(one, level + 1) for one in inside]
