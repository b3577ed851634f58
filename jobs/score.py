"""Scoring with the model in use, for spark-submit; `--help` tells its arguments."""

import sys

from segmentation.cli import app

if __name__ == "__main__":
    app(["score", *sys.argv[1:]])
