"""Scoring with the model in use, for spark-submit; `--help` lists its arguments."""

import sys

from segmentation.cli import command

if __name__ == "__main__":
    command(["score", *sys.argv[1:]])
