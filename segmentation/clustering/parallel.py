"""Runs independent arithmetic on all cores, with the same bits on any number of them."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from threadpoolctl import threadpool_limits


def parallel_map(function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    """Results in the order of the items. Each item has one thread: several would add up their parts in the order they finish."""
    # The limit holds for the whole process with BLAS, and for each thread alone with OpenMP.
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count(), initializer=threadpool_limits, initargs=(1,)) as pool:
        yield from pool.map(function, items)
