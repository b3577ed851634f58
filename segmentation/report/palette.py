"""Colours and markers that colour-blind readers can distinguish; no meaning rests on colour alone."""

import math

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from segmentation.report.formats import count, log_ratio, money, number, percent
from segmentation.report.report_data import ReportData

Colour = str | tuple[float, float, float, float]

INK = "#1b2330"
MUTED = "#5a6472"
GRID = "#e4e2dc"
PAPER = "#ffffff"
CUSTOMERS = "#7f8ea3"
REVENUE = "#14507a"
CHOSEN = "#c2410c"

_SEGMENTS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#b8578f",
    "#b87d00",
    "#3d9ad1",
    "#882255",
    "#4d4d4d",
    "#7a7a24",
    "#332288",
)
# A dark page has its own: (name of the variable in the page's style sheet, colour on its dark card).
DARK = {
    INK: ("chart-ink", "#e9ebee"),
    MUTED: ("chart-muted", "#a7b0bc"),
    GRID: ("chart-grid", "#39424e"),
    PAPER: ("chart-paper", "#1a2029"),
    CUSTOMERS: ("chart-customers", "#8b99ad"),
    REVENUE: ("chart-revenue", "#6fb0e2"),
    CHOSEN: ("chart-chosen", "#ff9d6b"),
    "#882255": ("chart-segment-7", "#e58fb8"),
    "#4d4d4d": ("chart-segment-8", "#a3a3a3"),
    "#332288": ("chart-segment-10", "#9b8df0"),
}
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p", "<")

# Orange below the average, blue above it, near white at it; light ends, so that the printed value stays legible.
# None of them is a colour of DARK: a cell keeps its colour, as its number does.
_INDEX_COLOURS = LinearSegmentedColormap.from_list("index", ["#b35806", "#f1a340", "#fee0b6", "#f7f7f5", "#cfe1ef", "#67a9cf", "#12507a"])
# One hue, from paper to full: a share has no middle to lie above or below.
_SHARE_COLOURS = LinearSegmentedColormap.from_list("share", ["#f7f7f5", "#cfe1ef", "#67a9cf", "#12507a"])
NO_INDEX = "#eceae4"
Array = NDArray[np.float64]
# A step of the scale, and the ticks within it, from coarse to fine.
_STEPS = ((1000, (1,)), (100, (1,)), (10, (1,)), (10, (1, 3)), (10, (1, 2, 5)))
_FEWEST, _MOST = 4, 8


def segment_colour(position: int) -> str:
    """The colour of the segment at a position of the summary, from 0."""
    return _SEGMENTS[position % len(_SEGMENTS)]


def segment_marker(position: int) -> str:
    """The marker of the segment; nine markers and ten colours keep 90 segments distinct."""
    return _MARKERS[position % len(_MARKERS)]


def index_colour(index: float) -> Colour:
    """The colour of an index; full from four times and from a quarter of the average on."""
    red, green, blue, alpha = _INDEX_COLOURS(0.5 + log_ratio(index) / 4)
    return red, green, blue, alpha


def share_colour(share: float, largest: float) -> Colour:
    """The colour of a share between 0 and 1; full at the largest."""
    red, green, blue, alpha = _SHARE_COLOURS(max(share, 0.0) / largest if largest > 0 else 0.0)
    return red, green, blue, alpha


def ink_on(background: Colour) -> str:
    """Black or white, whichever contrasts more with the background: always 4.5 to 1 at least."""
    luminance = _luminance(background) + 0.05
    return "#ffffff" if 1.05 / luminance > luminance / 0.05 else "#000000"


def _luminance(colour: Colour) -> float:
    """Relative luminance after WCAG 2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def logarithmic(data: ReportData) -> frozenset[str]:
    """Features on a logarithmic scale: those that were clustered by their logarithm."""
    return frozenset(str(row["feature"]) for row in data.manifest["features"] if row["transform"] == "log1p")


def placed(values: ArrayLike, is_log: bool) -> Array:
    """Positions along the axis; on a logarithmic scale log(1 + value), mirrored for negative values."""
    plain = np.asarray(values, dtype=float)
    return np.asarray(np.sign(plain) * np.log1p(np.abs(plain)) if is_log else plain)


def tick_values(low: float, high: float, is_log: bool, most: int = _MOST) -> list[float]:
    """Round values between two others: no more than ``most`` along a logarithm, and four at least where there are as many."""
    if not is_log:
        return [float(tick) for tick in MaxNLocator(nbins=5, steps=[1, 2, 5, 10]).tick_values(low, high) if low <= tick <= high]
    candidates = [[tick for tick in _round_values(low, high, *steps) if low <= tick <= high] for steps in _STEPS]
    fitting = [ticks for ticks in candidates if len(ticks) <= most] or candidates[:1]
    return next((ticks for ticks in fitting if len(ticks) >= _FEWEST), fitting[-1])


def tick_text(value: float, unit: str, currency: str | None) -> str:
    """Text of a tick; except for money and shares, the unit is in the axis's label."""
    if unit == "currency":
        return money(value, currency).removesuffix(".00")
    if unit == "share":
        return percent(value, places=0)
    return count(value) if float(value).is_integer() else number(value)


def _round_values(low: float, high: float, base: int, within: tuple[int, ...]) -> list[float]:
    """Multiples of each power of a base, up to the farther end, on both sides of 0."""
    powers = range(math.ceil(math.log(max(abs(low), abs(high), 1.0), base)) + 1)
    positive = [float(multiple * base**power) for power in powers for multiple in within]
    return [*(-value for value in reversed(positive)), 0.0, *positive]
