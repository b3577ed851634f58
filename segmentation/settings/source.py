"""Where a table of the user's lies: the log, a lookup, or a customer table."""

from typing import Self

from pydantic import Field, model_validator

from segmentation.settings.options import Format, option_faults
from segmentation.settings.paths import SourcePath, table_fault
from segmentation.settings.section import Section


class SourceSettings(Section):
    """A table of the user's."""

    format: Format
    """As for the log."""
    path: SourcePath
    """As for the log."""
    options: dict[str, str | bool | int | float] = Field(default_factory=dict)
    """As for the log."""

    @model_validator(mode="after")
    def _reaches_no_farther_than_it_names(self) -> Self:
        faults = list(option_faults(self.format, self.options))
        if self.format == "table" and (fault := table_fault(self.path)):
            faults.append(fault)
        if faults:
            raise ValueError("; ".join(faults))
        return self
