"""The analyses of a run, a folder each."""

# Loaded first: settings import those of analyses, which import the base class of settings.
import segmentation.settings  # noqa: F401
