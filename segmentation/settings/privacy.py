"""What protects the customers described."""

from typing import Annotated

from pydantic import Field

from segmentation.settings.data import Name
from segmentation.settings.section import Section


class PrivacySettings(Section):
    """What protects the customers described."""

    smallest_group: Annotated[int, Field(ge=1)] = 10
    """No segment may hold fewer customers: what is told of a few can be told of each."""
    allow_sensitive: tuple[Name, ...] = ()
    """Attributes declared sensitive that customers may be compared by all the same, where `use: true` asks for it."""
