"""The jobs as `segmentation <job>`."""

from segmentation.cli import campaigns, comparing, keeping, monitoring, preparing, privacy, segmenting, streaming
from segmentation.cli.shared import app

__all__ = ["app", "campaigns", "comparing", "keeping", "monitoring", "preparing", "privacy", "segmenting", "streaming"]
