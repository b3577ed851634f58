"""From a YAML file and overrides to settings, with every fault in one report."""

import copy
import difflib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from segmentation.errors import SettingsError, shortened
from segmentation.settings.model import Settings
from segmentation.settings.reading import parsed
from segmentation.settings.secrets import UNTOLD

_SECRETIVE = ("privacy", "pseudonyms")
"""Where a secret may stand by mistake: what is found there is not repeated."""
_LONGEST_TOLD = 31
"""Of the keys found there; a secret is longer."""
_MOST_TOLD = 20
"""Faults that a report lists."""


def load_settings(config: str | Path, overrides: Iterable[str] = (), values: Mapping[str, Any] | None = None) -> Settings:
    """Settings of a YAML file with overrides laid over it.

    Parameters
    ----------
    config
        Path of the YAML file.
    overrides
        Texts such as ``clustering.max_segments=8``; values are YAML.
    values
        Values by key, such as ``{"output.path": "out"}``; None leaves the file's.

    Raises
    ------
    SettingsError
        With every fault found: key, what was found, what is allowed.
    """
    tree = _tree(_text(Path(config)), str(config))
    for override in overrides:
        _put(tree, *_parted(override))
    for key, value in (values or {}).items():
        if value is not None:
            _put(tree, key, value)
    return validated(tree, str(config))


def validated(tree: Mapping[str, Any], origin: str = "settings") -> Settings:
    """Settings from a plain tree of sections; `origin` names it in the report of faults."""
    try:
        return _settings(tree)
    except ValidationError as error:
        faults = [_fault(fault) for fault in _all_faults(tree, error)]
        count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}"
        more = [f"  … and {len(faults) - _MOST_TOLD:,} more"] if len(faults) > _MOST_TOLD else []
        told = [f"  - {fault}" for fault in faults[:_MOST_TOLD]]
        raise SettingsError("\n".join([f"{origin}: {count} in the settings", *told, *more])) from None


def _settings(tree: Mapping[str, Any]) -> Settings:
    return Settings.model_validate_json(json.dumps(tree, default=str))


def _all_faults(tree: Mapping[str, Any], error: ValidationError) -> list[Any]:
    """The faults found, and those that show once these are taken away: keys that do not fit each other."""
    found = error.errors()
    rest = copy.deepcopy(dict(tree))
    for fault in found:
        _take_away(rest, fault["loc"])
    try:
        _settings(rest)
    except ValidationError as second:
        told = {(fault["loc"], fault["msg"]) for fault in found}
        found += [fault for fault in second.errors() if fault["type"] == "value_error" and (fault["loc"], fault["msg"]) not in told]
    return found


def _take_away(tree: Any, where: tuple[str | int, ...]) -> None:
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


def _tree(text: str, origin: str) -> dict[str, Any]:
    return parsed(text, origin, quotes=_SECRETIVE[-1] not in origin + text)


def _parted(override: str) -> tuple[str, Any]:
    key, equals, text = override.partition("=")
    origin = f"--set {'.'.join(_SECRETIVE) if _SECRETIVE[-1] in override else shortened(override)}"
    if not equals or not key.strip():
        raise SettingsError(f"{origin}: expected key.sub=value, such as clustering.max_segments=8")
    found = _tree(f"value: {text}", origin)
    if len(found) > 1:
        raise SettingsError(f"{origin}: expected one value, found several lines: give --set once for each key")
    return key.strip(), found["value"]


def _put(tree: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    for parent in parents:
        if not isinstance(tree.get(parent), dict):
            tree[parent] = {}
        tree = tree[parent]
    tree[last] = value


def _fault(fault: Any) -> str:
    """One fault in a line: where, what was found, what is allowed."""
    is_secretive = fault["loc"][:2] == _SECRETIVE
    parts = ("…" if is_secretive and len(str(part)) > _LONGEST_TOLD else shortened(str(part)) for part in fault["loc"])
    where = ".".join(parts) or "settings"
    if fault["type"] == "extra_forbidden":
        return f"{where}: unknown key{_suggestion(fault['loc'])}"
    if fault["type"] == "missing":
        return f"{where}: needed, but not given"
    message = fault["msg"].removeprefix("Value error, ")
    is_untold = isinstance(fault["input"], dict) or is_secretive or message.endswith(UNTOLD)
    found = "" if is_untold else f" (found {shortened(repr(fault['input']))})"
    return f"{where}: {message[:1].lower()}{message[1:]}{found}"


def _suggestion(where: tuple[str | int, ...]) -> str:
    allowed = _keys_at(where[:-1])
    near = difflib.get_close_matches(str(where[-1]), allowed, n=1)
    return f", did you mean {near[0]!r}?" if near else f"; known here: {', '.join(allowed)}"


def _keys_at(where: tuple[str | int, ...]) -> list[str]:
    """Keys the settings know at a place."""
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
