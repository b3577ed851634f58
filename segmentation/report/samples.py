"""Words for the points of a picture, which are customers or groups of them."""

from typing import Protocol

from segmentation.report.formats import count


class Sample(Protocol):
    """What is drawn."""

    @property
    def customers_per_point(self) -> int:
        """Minimum number of customers that a point stands for."""


def points_label(sample: Sample) -> str:
    """Heading of a column that counts the points."""
    least = sample.customers_per_point
    return "Customers shown" if least == 1 else f"Points, of {count(least)} customers or more"


def points_text(sample: Sample, number: int) -> str:
    """So many points, in words."""
    least = sample.customers_per_point
    return f"{count(number)} customers" if least == 1 else f"{count(number)} points, of {count(least)} customers or more each,"
