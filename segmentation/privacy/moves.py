"""Customers between segments, less what tells of small groups."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from segmentation.privacy.figures import Row, Rows, without
from segmentation.privacy.suppression import hidden_in_grid, is_small
from segmentation.schemas import SEGMENT_ID

_FROM = "from_segment_id"


def migration_told(rows: Sequence[Row], smallest_group: int) -> Rows:
    """Rows of segment_migration without small groups; sizes of segments stand elsewhere.

    What the customers of a segment have spent stands elsewhere too, so that of each segment no less than a group is kept back.

    Parameters
    ----------
    rows
        As counted.
    smallest_group
        No count that is told is of fewer customers, nor does any subtraction give one.
    """
    if smallest_group == 1 or not rows:
        return [dict(row) for row in rows]
    sides = [list(dict.fromkeys(row[name] for row in rows)) for name in (_FROM, SEGMENT_ID)]
    places = [(sides[0].index(row[_FROM]), sides[1].index(row[SEGMENT_ID])) for row in rows]
    counts = np.zeros(tuple(map(len, sides)), dtype=np.int64)
    for place, row in zip(places, rows, strict=True):
        counts[place] = row["customers"]
    hidden = hidden_in_grid(counts, smallest_group, rows_are_told=True).cells
    unpriced = _unpriced(counts, hidden, smallest_group)
    return [_told(row, bool(hidden[place]), bool(unpriced[place])) for place, row in zip(places, rows, strict=True)]


def _unpriced(counts: NDArray[np.int64], hidden: NDArray[np.bool_], smallest_group: int) -> NDArray[np.bool_]:
    """Cells whose spend is kept back: the hidden ones, and of a column with fewer customers in these the smallest others."""
    unpriced = hidden.copy()
    for column in range(counts.shape[1]):
        for row in np.argsort(counts[:, column], kind="stable"):
            kept = int(counts[unpriced[:, column], column].sum())
            if 0 < kept < smallest_group and counts[row, column]:
                unpriced[row, column] = True
    return unpriced


def _told(row: Row, is_hidden: bool, is_unpriced: bool) -> dict[str, object]:
    return without(row, [*(("customers", "from_share") if is_hidden else ()), *(("revenue_net",) if is_unpriced else ())])


def lineage_told(rows: Sequence[Row], smallest_group: int) -> Rows:
    """Rows of segment_lineage without counts and shares that tell of few, or of all but few."""
    return [without(row, ("customers", "from_share", "to_share")) if _tells_of_few(row, smallest_group) else dict(row) for row in rows]


def _tells_of_few(row: Row, smallest_group: int) -> bool:
    shares = (row["from_share"], row["to_share"])
    rest = [round(row["customers"] / share) - row["customers"] for share in shares if share]
    return any(is_small(count, smallest_group) for count in (row["customers"], *rest))


def movement_told(counts: Mapping[str, int], smallest_group: int) -> dict[str, int | None]:
    """How many moved, stayed, came and left; none of them where any is few, since each follows from the others."""
    few = any(is_small(count, smallest_group) for count in counts.values())
    return {name: None if few and smallest_group > 1 else count for name, count in counts.items()}


def moves_told(rows: Sequence[Row], smallest_group: int) -> Rows:
    """Who went from where to where for which cause, without small groups; how many went from one segment to another stands elsewhere.

    Parameters
    ----------
    rows
        A row for each pair of segments, `before` and `after`, and `cause`.
    smallest_group
        No count that is told is of fewer customers, nor does any subtraction give one.
    """
    if smallest_group == 1 or not rows:
        return [dict(row) for row in rows]
    ways, causes = list(dict.fromkeys((row["before"], row["after"]) for row in rows)), list(dict.fromkeys(row["cause"] for row in rows))
    places = [(ways.index((row["before"], row["after"])), causes.index(row["cause"])) for row in rows]
    counts = np.zeros((len(ways), len(causes)), dtype=np.int64)
    for place, row in zip(places, rows, strict=True):
        counts[place] = row["customers"]
    hidden = hidden_in_grid(counts, smallest_group, rows_are_told=True).cells
    # Of what is left when some are told, the spend would give the rest away.
    silent = ("revenue_net",) if hidden.any() else ()
    return [without(row, ("customers", *silent) if hidden[place] else silent) for place, row in zip(places, rows, strict=True)]
