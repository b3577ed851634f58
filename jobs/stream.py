"""The stream for spark-submit; `--help` tells its arguments."""

import sys

from segmentation.cli import app

if __name__ == "__main__":
    app(["stream", *sys.argv[1:]])
