"""Wording for the points of a chart, which are customers or groups of them."""

from typing import Protocol

from segmentation.report.formats import count


class Sample(Protocol):
    """The points of a chart."""

    @property
    def customers_per_point(self) -> int:
        """Minimum number of customers per point."""


def points_label(sample: Sample) -> str:
    """Heading of a column that counts the points."""
    least = sample.customers_per_point
    return "Customers shown" if least == 1 else f"Points, of {count(least)} customers or more"


def points_text(sample: Sample, number: int) -> str:
    """A number of points, in words."""
    least = sample.customers_per_point
    return f"{count(number)} customers" if least == 1 else f"{count(number)} points, of {count(least)} customers or more each,"
