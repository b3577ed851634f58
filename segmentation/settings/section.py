"""What every section of the settings has in common: its strictness, and the types of simple values."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1)]


class SettingsSection(BaseModel):
    """A frozen, strict group of settings: an unknown key or a wrong type is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


def lists_as_tuples(given: dict[str, Any]) -> dict[str, Any]:
    """The values with lists as tuples: behind a validator of our own, strict fields take nothing else."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
