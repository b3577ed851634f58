"""What protects the customers described."""

import os
from collections.abc import Mapping
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from segmentation.settings.data import Name
from segmentation.settings.paths import OutputPath
from segmentation.settings.secrets import UNTOLD
from segmentation.settings.section import Section

_REFERENCE = (
    "wants a reference, {environment: NAME} (capital letters, digits and underscores, at most 31 of them) or {file: /ABSOLUTE/PATH}. "
    f"A key itself never stands in the settings; {UNTOLD}"
)


class KeyReference(Section):
    """Where a key is to be found: in an environment variable or in a file, and never in the settings."""

    environment: Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]{0,30}$")] | None = None
    """Name of an environment variable, at most 31 characters, which is shorter than any key."""
    file: Annotated[str, Field(pattern=r"^/.+$")] | None = None
    """Absolute path of a file that others can neither read nor write. A line's end behind the key does not count."""

    @model_validator(mode="wrap")
    @classmethod
    def _unrepeated(cls, given: Any, handler: Any) -> Self:
        """Every fault in the same words: what stands here by mistake may be the key."""
        try:
            found: Self = handler(given)
        except ValueError:
            raise ValueError(_REFERENCE) from None
        if (found.environment is None) == (found.file is None):
            raise ValueError(_REFERENCE)
        return found


class PseudonymSettings(Section):
    """Customers are published, and kept everywhere, under pseudonyms: HMAC-SHA-256 of their canonical ids."""

    key: KeyReference
    """Where the key is: at least 32 bytes that nobody could guess. Another key gives other pseudonyms."""
    mapping_path: OutputPath | None = None
    """Folder of a table that tells each pseudonym's customer id, for those who must know. Not below output.path. Default: none is kept,
    and only who has both the key and the log can tell."""


class PrivacySettings(Section):
    """What protects the customers described."""

    smallest_group: Annotated[int, Field(ge=1)] = 10
    """No segment may hold fewer customers, and no figure that is published rest on fewer: what is told of a few can be told of each.
    1 tells everything."""
    pseudonyms: PseudonymSettings | None = None
    """Pseudonyms in place of customer ids, such as {key: {environment: SEGMENTATION_KEY}} (docs/privacy.md). Default: ids as they are."""
    allow_sensitive: tuple[Name, ...] = ()
    """Attributes declared sensitive that customers may be compared by all the same, where `use: true` asks for it."""
    keep_runs_days: Annotated[int, Field(ge=1)] | None = None
    """`segmentation purge` removes runs older than this, with their orders and comparisons, days. Default: none."""
    keep_rejected_lines_days: Annotated[int, Field(ge=1)] | None = None
    """`segmentation purge` empties rejected_lines of runs older than this, days. Default: of none."""


def columns_of_customers(columns: Mapping[str, str]) -> list[str]:
    """Our names, other than customer_id, of the column that holds customer ids."""
    return [ours for ours, theirs in columns.items() if ours != "customer_id" and theirs == columns["customer_id"]]


def overlap(one: str, other: str) -> bool:
    """Whether one folder is the other, or lies in it, by whatever links it is named."""
    places = [os.path.join(place if urlsplit(place).scheme else os.path.realpath(os.path.expanduser(place)), "") for place in (one, other)]
    return places[0].startswith(places[1]) or places[1].startswith(places[0])
