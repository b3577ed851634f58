"""Write a synthetic retailer's log, for spark-submit; `--help` tells its arguments."""

import sys

from segmentation.cli import app

if __name__ == "__main__":
    app(["generate", *sys.argv[1:]])
