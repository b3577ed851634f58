"""Write a synthetic retailer's log, for spark-submit; `--help` lists its arguments."""

import sys

from segmentation.cli import command

if __name__ == "__main__":
    command(["generate", *sys.argv[1:]])
