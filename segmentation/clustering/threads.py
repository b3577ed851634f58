"""Independent arithmetic on all cores, with the same bits whatever their number."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from threadpoolctl import threadpool_limits


def in_threads(work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    """Results in the order of the items, one thread an item: threads that share one add up their parts in the order they end."""
    # Of BLAS the limit holds for the process, of OpenMP for each thread alone.
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count(), initializer=threadpool_limits, initargs=(1,)) as pool:
        yield from pool.map(work, items)
