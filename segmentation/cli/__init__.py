"""The jobs as `segmentation <job>`."""

from segmentation.cli import campaigns, comparing, preparing, segmenting
from segmentation.cli.app import app

__all__ = ["app", "campaigns", "comparing", "preparing", "segmenting"]
