"""RFM segments a second time, in numpy: from the usual table as it is drawn, not as rules."""

import numpy as np

# Rows: recency 5 down to 1; columns: the mean of frequency and monetary value, 1 to 5, half a point counting as a whole one.
GRID = [
    ["New customers", "Potential loyalists", "Potential loyalists", "Champions", "Champions"],
    ["Promising", "Potential loyalists", "Potential loyalists", "Loyal customers", "Loyal customers"],
    ["About to sleep", "About to sleep", "Need attention", "Loyal customers", "Loyal customers"],
    ["Hibernating", "Hibernating", "At risk", "At risk", "Cannot lose them"],
    ["Hibernating", "Hibernating", "At risk", "At risk", "Cannot lose them"],
]


def named(recency, frequency, monetary):
    """Segment of three scores, 1 to 5."""
    return GRID[5 - recency][int((frequency + monetary) / 2 + 0.5) - 1]


def quintiles(values):
    """The four values between the fifths."""
    return np.quantile(values, [0.2, 0.4, 0.6, 0.8], method="inverted_cdf")


def segments(recency, frequency, monetary):
    """Segment of each customer, from the three values."""
    above = [np.searchsorted(quintiles(values), values, side="left") for values in (recency, frequency, monetary)]
    return [named(5 - r, 1 + f, 1 + m) for r, f, m in zip(*above, strict=True)]
