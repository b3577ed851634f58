"""Settings that protect customers."""

import os
from collections.abc import Mapping
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from segmentation.settings.section import NOT_SHOWN, Name, OutputPath, SettingsSection

_REFERENCE = (
    "needs a reference, {environment: NAME} (capital letters, digits and underscores, at most 31 of them) or {file: /ABSOLUTE/PATH}. "
    f"Settings must not hold the key itself; {NOT_SHOWN}"
)


class KeyReference(SettingsSection):
    """Where a key is: in an environment variable or in a file, and never in the settings."""

    environment: Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]{0,30}$")] | None = None
    """Name of an environment variable, at most 31 characters: shorter than any key."""
    file: Annotated[str, Field(pattern=r"^/.+$")] | None = None
    """Absolute path of a file that others can neither read nor write. A line end after the key does not count."""

    @model_validator(mode="wrap")
    @classmethod
    def _without_its_value(cls, given: Any, handler: Any) -> Self:
        """The same message for every error: what was given by mistake may be the key."""
        try:
            reference: Self = handler(given)
        except ValueError:
            raise ValueError(_REFERENCE) from None
        if (reference.environment is None) == (reference.file is None):
            raise ValueError(_REFERENCE)
        return reference


class PseudonymSettings(SettingsSection):
    """Customers are stored and published under pseudonyms: HMAC-SHA-256 of their canonical ids."""

    key: KeyReference
    """Where the key is: at least 32 bytes that nobody could guess. Another key gives other pseudonyms."""
    mapping_path: OutputPath | None = None
    """Folder of a table that maps each pseudonym to its customer id, for those who must know. Not below output.path. Default: no such
    table; then only those who have both the key and the log can map them."""


class PrivacySettings(SettingsSection):
    """Protection of the customers."""

    min_group_size: Annotated[int, Field(ge=1)] = 10
    """No segment may hold fewer customers, and figures that rest on fewer are suppressed: what is published of a few can be known of each.
    1: nothing is suppressed."""
    pseudonyms: PseudonymSettings | None = None
    """Pseudonyms in place of customer ids, such as {key: {environment: SEGMENTATION_KEY}} (docs/privacy.md). Default: ids as they are."""
    allow_sensitive: tuple[Name, ...] = ()
    """Sensitive attributes that customers may be compared by nevertheless, where their `use: true` asks for it."""
    runs_retention_days: Annotated[int, Field(ge=1)] | None = None
    """`segmentation purge` removes runs older than this, with their orders and comparisons, days. Default: no run is removed."""
    rejected_lines_retention_days: Annotated[int, Field(ge=1)] | None = None
    """`segmentation purge` empties rejected_lines of runs older than this, days. Default: none are emptied."""


def customer_id_columns(columns: Mapping[str, str]) -> list[str]:
    """Our other names for the column that holds customer ids."""
    return [ours for ours, theirs in columns.items() if ours != "customer_id" and theirs == columns["customer_id"]]


def paths_overlap(one: str, other: str) -> bool:
    """Whether one folder is, or is inside, the other one, links resolved."""
    paths = [os.path.join(path if urlsplit(path).scheme else os.path.realpath(os.path.expanduser(path)), "") for path in (one, other)]
    return paths[0].startswith(paths[1]) or paths[1].startswith(paths[0])
