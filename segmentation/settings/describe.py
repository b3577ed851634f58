"""Settings for people and editors: effective values with their meaning, and a JSON Schema."""

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from segmentation.settings.root import Settings


def as_commented_yaml(settings: Settings) -> str:
    """The effective settings as YAML that can be used as a file, each key under a comment with its meaning."""
    return "\n".join(_lines(settings, 0)).strip() + "\n"


def json_schema() -> str:
    """JSON Schema of the settings, for editors that check YAML while it is typed."""
    return json.dumps(Settings.model_json_schema(), indent=2)


def _lines(section: BaseModel, depth: int) -> Iterator[str]:
    margin = "  " * depth
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        meaning = field.description or (type(value).__doc__ if isinstance(value, BaseModel) else None)
        if depth == 0:
            yield ""
        if meaning:
            yield from (f"{margin}# {line}" for line in textwrap.wrap(" ".join(meaning.split()), 100))
        if isinstance(value, BaseModel) and not _fits_on_a_line(value):
            yield f"{margin}{name}:"
            yield from _lines(value, depth + 1)
        elif _holds_sections(value):
            yield f"{margin}{name}:"
            yield from (f"{margin}  {json.dumps(key, ensure_ascii=False)}: {_flow(inner)}" for key, inner in value.items())
        else:
            yield f"{margin}{name}: {_flow(value)}"


def _fits_on_a_line(section: BaseModel) -> bool:
    return type(section).__name__ == "FeatureSettings"


def _holds_sections(value: Any) -> bool:
    return isinstance(value, dict) and any(isinstance(inner, BaseModel) for inner in value.values())


def _flow(value: Any) -> str:
    """A value as one line of YAML; JSON is YAML."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    if isinstance(plain, tuple) and plain and isinstance(plain[0], BaseModel):
        plain = [item.model_dump(mode="json") for item in plain]
    return json.dumps(plain, default=str, ensure_ascii=False)
