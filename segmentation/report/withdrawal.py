"""Pages whose single customers are taken out; the figures of groups stay."""

import re

BEGINS, ENDS = "<!-- single customers -->", "<!-- /single customers -->"
"""Stand in the templates around whatever shows one customer by one."""
_MARKED = re.compile(f"{re.escape(BEGINS)}.*?{re.escape(ENDS)}", re.DOTALL)
_NOTE = (
    '<p class="note">Customers have been erased since this page was made. What showed single customers was taken out with them; '
    "figures of groups are as they were.</p>"
)
_ALONE = f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Withdrawn</title></head><body>{_NOTE}</body></html>\n'


def without_single_customers(page: str) -> str:
    """A page without what shows single customers; where it doesn't say what that is, the page goes as a whole."""
    if BEGINS in page:
        return _MARKED.sub(_NOTE, page)
    return page if _NOTE in page else _ALONE
