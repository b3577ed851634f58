"""Where a table of the user's lies: the log, a lookup, or a customer table."""

from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from segmentation.settings.options import Format, option_faults
from segmentation.settings.paths import SourcePath, table_fault
from segmentation.settings.secrets import Options
from segmentation.settings.section import Section


class SourceSettings(Section):
    """A table of the user's."""

    format: Format
    """As for the log."""
    path: SourcePath
    """As for the log."""
    options: Options = Field(default_factory=dict)
    """As for the log."""

    @field_validator("path")
    @classmethod
    def _names_a_table(cls, path: str, known: ValidationInfo) -> str:
        if known.data.get("format") == "table" and (fault := table_fault(path)):
            raise ValueError(fault)
        return path

    @field_validator("options")
    @classmethod
    def _reach_no_farther(cls, options: dict[str, Any], known: ValidationInfo) -> dict[str, Any]:
        if "format" in known.data and (faults := list(option_faults(known.data["format"], options))):
            raise ValueError("; ".join(faults))
        return options
