"""What every section of the settings has in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A frozen, strict group of settings: an unknown key or a wrong type is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


def plain(said: dict[str, Any]) -> dict[str, Any]:
    """What a validator of our own hands on: past one, strictness takes tuples only."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}
