"""`segmentation`, listing its steps or killed at one of them: driver.py '{"root": …, "list": FILE}' or '{"root": …, "at": STEP}', then its arguments."""

import json
import sys

from faults.steps import THE_END, Steps, kill_group, killed_at
from segmentation.cli import app


def listing(path):
    """A function that notes each step."""
    file = open(path, "a", encoding="utf-8", buffering=1)  # noqa: SIM115
    return lambda step: file.write(step + "\n")


def main(plan, arguments):
    reached = listing(plan["list"]) if "list" in plan else killed_at(plan["at"], kill_group)
    with Steps(plan["root"], reached).watched():
        try:
            app(arguments)
        finally:
            reached(THE_END)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
