"""The page for people: one offline HTML file that says who the segments are and what they rest on."""

from segmentation.report.findings import Findings
from segmentation.report.page import render_page

__all__ = ["Findings", "render_page"]
