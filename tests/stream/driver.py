"""`segmentation`, killed by itself: driver.py PLAN, then its own arguments.

A plan is JSON with the number of the step `at` which the process ends, Java with it, and the seconds `after` the step has begun. A step
is a change of a live table, and the end of a batch, of which Spark has not noted yet that it was taken.
"""

import functools
import itertools
import json
import os
import signal
import sys
import threading

from segmentation import storage
from segmentation.cli.app import app
from segmentation.stream import stream

CHANGES = ("merge_rows", "append_idempotent", "delete_rows", "load_or_create_delta")


def watched(call, reached):
    """A function that reports each step before it is taken."""

    @functools.wraps(call)
    def reporting(*given, **named):
        reached()
        return call(*given, **named)

    return reporting


def killing(plan):
    """What is called before each step."""
    steps = itertools.count(1)

    def reached():
        if next(steps) != plan.get("at"):
            return
        if plan.get("after"):
            threading.Timer(plan["after"], end).start()
        else:
            end()

    return reached


def end():
    """End this process, and Java with it."""
    os.killpg(0, signal.SIGKILL)


def main(plan, arguments):
    """Run a command."""
    reached = killing(plan)
    for name in CHANGES:
        setattr(storage, name, watched(getattr(storage, name), reached))
    process = stream.BatchProcessor._process

    def processed(processor, log, number):
        process(processor, log, number)
        reached()

    stream.BatchProcessor._process = processed
    app(arguments)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
