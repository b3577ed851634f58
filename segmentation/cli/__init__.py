"""The jobs as `segmentation <job>`."""

from segmentation.cli import campaigns, comparing, preparing, privacy, segmenting
from segmentation.cli.app import app

__all__ = ["app", "campaigns", "comparing", "preparing", "privacy", "segmenting"]
