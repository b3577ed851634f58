"""`segmentation`, again and again in one process: a line of JSON with arguments comes in, and a line with the exit code goes out.

All that is said goes where errors go.
"""

import json
import os
import sys

from segmentation.cli.app import app


def ended(arguments):
    """Exit code of a command."""
    try:
        app(arguments)
    except SystemExit as end:
        return end.code


def main():
    """Run what is asked for until nobody asks any more."""
    codes = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # Java says things there as well
    for line in sys.stdin:
        print(ended(json.loads(line)), file=codes, flush=True)


if __name__ == "__main__":
    main()
