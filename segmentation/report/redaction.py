"""Redaction of published pages: single customers are removed, aggregates stay."""

import re

REDACTABLE_START, REDACTABLE_END = "<!-- single customers -->", "<!-- /single customers -->"
"""Enclose everything in the templates that shows single customers."""

_REDACTABLE = re.compile(f"{re.escape(REDACTABLE_START)}.*?{re.escape(REDACTABLE_END)}", re.DOTALL)
_NOTE = (
    '<p class="note">Customers have been erased since this page was made. Everything that showed single customers was removed with them; '
    "figures of groups are unchanged.</p>"
)
_EMPTY_PAGE = f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Withdrawn</title></head><body>{_NOTE}</body></html>\n'


def redact_single_customers(page: str) -> str:
    """A page without single customers; a page that does not say where it shows them is replaced as a whole."""
    if REDACTABLE_START in page:
        return _REDACTABLE.sub(_NOTE, page)
    return page if _NOTE in page else _EMPTY_PAGE
