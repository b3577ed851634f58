"""The stream for spark-submit; `--help` lists its arguments."""

import sys

from segmentation.cli import command

if __name__ == "__main__":
    command(["stream", *sys.argv[1:]])
