"""`segmentation`, watched from outside: driver.py PLAN, then its own arguments.

A plan is JSON with the output's `root`, and the step `at` which the run is killed, or waits `until` there is a file.
"""

import json
import sys

from faults.steps import THE_END, Steps, kill_group, killed_at, waiting_at
from segmentation.cli.app import app


def planned(plan):
    """What is called before each step."""
    if "until" in plan:
        return waiting_at(plan["at"], plan["until"])
    return killed_at(plan["at"], kill_group)


def main(plan, arguments):
    """Run a command."""
    reached = planned(plan)
    with Steps(plan["root"], reached).watched():
        try:
            app(arguments)
        finally:
            reached(THE_END)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
