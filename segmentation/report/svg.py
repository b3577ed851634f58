"""Matplotlib figures as SVG elements for an HTML page."""

import io
import re
import warnings
from collections.abc import Callable
from xml.etree import ElementTree

from markupsafe import Markup
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segmentation.report.palette import DARK, GRID, INK, MUTED, PAPER

_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "segmentation",
    # A name such as "$x_1$" is a name, not mathematics.
    "text.parse_math": False,
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "savefig.transparent": True,
}
_LEAST_PIXELS = 65
_NO_METADATA = {"Creator": None, "Date": None, "Format": None, "Type": None}
_NAMESPACE = re.compile(r"^\{[^}]*\}")
_FONT_FAMILY = re.compile(r";?\s*font-family:[^;]*")
_REFERENCE = re.compile(r"url\(#([^)]*)\)")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_LONG_FRACTION = re.compile(r"(\.\d\d)\d+")


def inline_svg(name: str, alternative: str, size: tuple[float, float], plot: Callable[[Axes], None]) -> Markup:
    """Draw a chart and return its ``<svg>`` element.

    `name` is unique on the page; it goes before each id inside, as all charts share the page's one set of ids. `alternative` is what a
    reader who can't see the chart should know. `size` is width and height in inches of 72 units. `plot` draws the chart on empty axes.
    """
    # A notebook's or a user's own matplotlib settings must not change the page.
    with style.context(["default", _STYLE]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=size, layout="constrained")
        plot(figure.add_subplot())
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
    root = _with_shared_styles(_cleaned(ElementTree.fromstring(buffer.getvalue()), name))
    # A narrow screen scrolls the chart rather than shrink its text.
    root.attrib |= {"role": "img", "aria-label": alternative, "style": f"min-width: {size[0] * _LEAST_PIXELS:.0f}px"}
    return Markup(ElementTree.tostring(root, encoding="unicode", short_empty_elements=False))


def _cleaned(root: ElementTree.Element, name: str) -> ElementTree.Element:
    _without_styles(root)
    referenced = _references(root)
    for element in root.iter():
        element.tag = _NAMESPACE.sub("", element.tag)
        element.attrib = _attributes(element, name, referenced)
        _themed(element)
        element.tail = None
        element.text = element.text if element.tag in ("text", "tspan") else None
    for size in ("width", "height", "version"):
        root.attrib.pop(size, None)
    return root


def _themed(element: ElementTree.Element) -> None:
    """Replace colours by variables of the page's style sheet; white text is on colours that light and dark pages share."""
    unthemed = {PAPER} if element.tag == "text" else set()
    if "style" in element.attrib:
        element.attrib["style"] = _COLOUR.sub(lambda match: _variable(match[0], unthemed), element.attrib["style"])


def _variable(colour: str, unthemed: set[str]) -> str:
    return f"var(--{DARK[colour][0]}, {colour})" if colour in DARK and colour not in unthemed else colour


def _with_shared_styles(root: ElementTree.Element) -> ElementTree.Element:
    """Move a style that all children of a group share to the group: charts have thousands of equal markers."""
    for group in root.iter("g"):
        styles = {child.get("style") if child.tag == "use" else None for child in group}
        if len(group) > 1 and len(styles) == 1 and None not in styles and "style" not in group.attrib:
            group.attrib["style"] = group[0].attrib["style"]
            for child in group:
                del child.attrib["style"]
    return root


def _without_styles(root: ElementTree.Element) -> None:
    """A style sheet inside an inlined SVG would apply to the whole page; the page has its own."""
    for parent in list(root.iter()):
        for child in [c for c in parent if _NAMESPACE.sub("", c.tag) in ("style", "metadata")]:
            parent.remove(child)


def _references(root: ElementTree.Element) -> frozenset[str]:
    values = [(_NAMESPACE.sub("", key), value) for element in root.iter() for key, value in element.attrib.items()]
    links = [value.removeprefix("#") for key, value in values if key == "href"]
    return frozenset(links + [name for _, value in values for name in _REFERENCE.findall(value)])


def _attributes(element: ElementTree.Element, name: str, referenced: frozenset[str]) -> dict[str, str]:
    attributes = {_NAMESPACE.sub("", key): value for key, value in element.attrib.items()}
    if attributes.get("id") not in referenced:
        attributes.pop("id", None)
    return {key: _value(key, value, name) for key, value in attributes.items()}


def _value(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == "href":
        return f"#{name}-{value.removeprefix('#')}"
    if key in ("d", "x", "y", "transform"):
        return _LONG_FRACTION.sub(r"\1", " ".join(value.split()))
    if key == "style":
        return _FONT_FAMILY.sub("", value)
    return _REFERENCE.sub(rf"url(#{name}-\1)", value)
