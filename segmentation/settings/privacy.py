"""What protects the customers described."""

from typing import Annotated

from pydantic import Field

from segmentation.settings.section import Section


class PrivacySettings(Section):
    """What protects the customers described."""

    smallest_group: Annotated[int, Field(ge=1)] = 10
    """No segment may hold fewer customers, and no figure that is published rest on fewer: what is told of a few can be told of each.
    1 tells everything."""
