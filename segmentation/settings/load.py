"""From a YAML file and overrides to settings, with all errors in one report."""

import copy
import difflib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from segmentation.errors import SettingsError, shortened
from segmentation.settings.root import Settings
from segmentation.settings.section import NOT_SHOWN

MAX_DEPTH = 12
"""Levels of a tree; settings have five."""
MAX_VALUES = 20_000
"""Values of a tree, each counted as often as anchors repeat it."""

_MERGE = "tag:yaml.org,2002:merge"
_SECRET_SECTION = ("privacy", "pseudonyms")
"""A secret may be given here by mistake, so what is given is not repeated."""
_MAX_KEY_LENGTH = 31
"""Longer keys of that section are not shown; a secret is longer."""
_MAX_ERRORS = 20
"""Errors that a report lists."""


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

    Raises SettingsError where the text is not YAML or has no sections, where it has too many levels or values, or where a value is of a
    type that no setting has.
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


def load_settings(config: str | Path, overrides: Iterable[str] = (), values: Mapping[str, Any] | None = None) -> Settings:
    """Settings of a YAML file, with overrides.

    Parameters
    ----------
    config
        Path of the YAML file.
    overrides
        Texts such as ``clustering.k_max=8``; values are YAML.
    values
        Values by key, such as ``{"output.path": "out"}``; those that are None override nothing.

    Raises
    ------
    SettingsError
        Lists every error: the key, what was found, what is allowed.
    """
    tree = _parsed(_text(Path(config)), str(config))
    for override in overrides:
        _set_value(tree, *_parsed_override(override))
    for key, value in (values or {}).items():
        if value is not None:
            _set_value(tree, key, value)
    return settings_from_dict(tree, str(config))


def settings_from_dict(tree: Mapping[str, Any], origin: str = "settings") -> Settings:
    """Settings from a tree of sections; `origin` names it in the report of errors."""
    try:
        return _settings(tree)
    except ValidationError as error:
        errors = [_error_line(one) for one in _all_errors(tree, error)]
        count = f"{len(errors)} error{'s' if len(errors) > 1 else ''}"
        more = [f"  … and {len(errors) - _MAX_ERRORS:,} more"] if len(errors) > _MAX_ERRORS else []
        lines = [f"  - {line}" for line in errors[:_MAX_ERRORS]]
        raise SettingsError("\n".join([f"{origin}: {count} in the settings", *lines, *more])) from None


def _settings(tree: Mapping[str, Any]) -> Settings:
    return Settings.model_validate_json(json.dumps(tree, default=str))


def _all_errors(tree: Mapping[str, Any], error: ValidationError) -> list[Any]:
    """The errors, and those that show once the wrong values are removed: keys that do not fit each other."""
    errors = error.errors()
    rest = copy.deepcopy(dict(tree))
    for one in errors:
        _remove(rest, one["loc"])
    try:
        _settings(rest)
    except ValidationError as second:
        seen = {(one["loc"], one["msg"]) for one in errors}
        errors += [one for one in second.errors() if one["type"] == "value_error" and (one["loc"], one["msg"]) not in seen]
    return errors


def _remove(tree: Any, where: tuple[str | int, ...]) -> None:
    *parents, last = where or (None,)
    for parent in parents:
        tree = tree[parent] if isinstance(tree, dict) and parent in tree else None
    if isinstance(tree, dict):
        tree.pop(last, None)


def _text(config: Path) -> str:
    try:
        return config.read_text(encoding="utf-8")
    except FileNotFoundError:
        near = difflib.get_close_matches(config.name, [p.name for p in config.parent.glob("*.y*ml")], n=1)
        hint = f" (did you mean {config.parent / near[0]}?)" if near else ""
        raise SettingsError(f"{config}: no such settings file{hint}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{config}: the settings file cannot be read: byte {error.start:,} is not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise SettingsError(f"{config}: the settings file cannot be read: {error}") from None


def _parsed(text: str, origin: str) -> dict[str, Any]:
    return parse_yaml(text, origin, quotes=_SECRET_SECTION[-1] not in origin + text)


def _parsed_override(override: str) -> tuple[str, Any]:
    key, equals, text = override.partition("=")
    origin = f"--set {'.'.join(_SECRET_SECTION) if _SECRET_SECTION[-1] in override else shortened(override)}"
    if not equals or not key.strip():
        raise SettingsError(f"{origin}: expected key.sub=value, such as clustering.k_max=8")
    tree = _parsed(f"value: {text}", origin)
    if len(tree) > 1:
        raise SettingsError(f"{origin}: expected one value, found several lines: give --set once for each key")
    return key.strip(), tree["value"]


def _set_value(tree: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    for parent in parents:
        if not isinstance(tree.get(parent), dict):
            tree[parent] = {}
        tree = tree[parent]
    tree[last] = value


def _error_line(error: Any) -> str:
    """One error in a line: where, what is allowed, what was found."""
    is_secret = error["loc"][:2] == _SECRET_SECTION
    parts = ("…" if is_secret and len(str(part)) > _MAX_KEY_LENGTH else shortened(str(part)) for part in error["loc"])
    where = ".".join(parts) or "settings"
    if error["type"] == "extra_forbidden":
        return f"{where}: unknown key{_suggestion(error['loc'])}"
    if error["type"] == "missing":
        return f"{where}: needed, but not given"
    message = error["msg"].removeprefix("Value error, ")
    is_hidden = isinstance(error["input"], dict) or is_secret or message.endswith(NOT_SHOWN)
    given = "" if is_hidden else f" (found {shortened(repr(error['input']))})"
    return f"{where}: {message[:1].lower()}{message[1:]}{given}"


def _suggestion(where: tuple[str | int, ...]) -> str:
    allowed = _keys_at(where[:-1])
    near = difflib.get_close_matches(str(where[-1]), allowed, n=1)
    return f", did you mean {near[0]!r}?" if near else f"; known here: {', '.join(allowed)}"


def _keys_at(where: tuple[str | int, ...]) -> list[str]:
    """Keys that settings have there."""
    section: type[BaseModel] = Settings
    for part in where:
        field = section.model_fields.get(str(part))
        if field is not None:
            section = next(filter(_is_section, _types(field.annotation)), section)
    return list(section.model_fields)


def _types(annotation: Any) -> list[Any]:
    arguments = [inner for part in getattr(annotation, "__args__", ()) for inner in _types(part)]
    return [annotation, *arguments]


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
