import re
import sys

import matplotlib as mpl
import pandas as pd
import pytest

from segmentation.report.choice_charts import wcss_chart
from segmentation.report.palette import index_colour, ink_on, segment_colour, segment_marker
from segmentation.report.svg import inline_svg


def draw(name="one", text="a"):
    return str(inline_svg(name, "words", (4, 3), lambda axes: axes.plot([1, 2], [3, 4], "o-", label=text)))


def test_charts_do_not_share_ids():
    first, second = (set(re.findall(r' id="([^"]+)"', draw(name))) for name in ("one", "two"))
    assert first
    assert not first & second


def test_a_chart_brings_no_style_sheet_of_its_own():
    assert "<style" not in draw()
    assert "<metadata" not in draw()
    assert "xmlns" not in draw()


def test_matplotlib_settings_of_the_reader_change_nothing():
    expected = draw()
    with mpl.rc_context({"lines.linewidth": 9, "axes.facecolor": "red", "svg.fonttype": "path", "text.parse_math": True}):
        assert draw() == expected


def test_drawing_leaves_no_setting_behind():
    before = dict(mpl.rcParams)
    draw()
    assert dict(mpl.rcParams) == before


def test_drawing_takes_no_pyplot():
    draw()
    assert "segmentation.report.charts" in sys.modules
    assert not any(getattr(module, "plt", None) for name, module in sys.modules.items() if name.startswith("segmentation.report"))


def test_segments_differ_by_colour_and_mark():
    looks = [(segment_colour(position), segment_marker(position)) for position in range(90)]
    assert len(set(looks)) == 90
    assert len({colour for colour, _ in looks[:10]}) == 10


@pytest.mark.parametrize("index", [1, 18, 29, 40, 70, 100, 130, 200, 286, 400, 900])
def test_the_index_is_legible_on_its_colour(index):
    background = index_colour(index)
    assert contrast(background, ink_on(background)) >= 4.5


@pytest.mark.parametrize("position", range(10))
def test_the_number_of_a_segment_is_legible_on_its_colour(position):
    assert contrast(segment_colour(position), ink_on(segment_colour(position))) >= 4.5


@pytest.mark.parametrize(
    ("chosen", "elbow", "words"), [(4, 4, "chosen and elbow: k = 4"), (2, None, "chosen: k = 2"), (9, 8, "elbow: k = 8")]
)
def test_the_curve_says_which_k_was_chosen(chosen, elbow, words):
    tried = pd.DataFrame({"k": range(2, 11), "wcss": [100 / k for k in range(2, 11)], "eligible": True})
    assert words in wcss_chart(tried, chosen, elbow, "words")


def contrast(first, second):
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    channels = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in mpl.colors.to_rgb(colour)]
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), channels, strict=True))
