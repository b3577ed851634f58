import re
import sys
from dataclasses import replace

import matplotlib as mpl
import pandas as pd
import pytest

from segmentation.analyses.customer_map.customer_map import Axis, pair_chart
from segmentation.analyses.k_selection.charts import wcss_chart
from segmentation.analyses.profile.charts import Spread, ranges_chart
from segmentation.report.palette import (
    CHOSEN,
    CUSTOMERS,
    DARK,
    INK,
    MUTED,
    PAPER,
    REVENUE,
    index_colour,
    ink_on,
    segment_colour,
    segment_marker,
    share_colour,
)
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


def test_segments_differ_by_colour_and_marker():
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


@pytest.mark.parametrize("position", range(10))
def test_a_segment_has_contrast_on_a_light_and_on_a_dark_page(position):
    light = segment_colour(position)
    _, dark = DARK.get(light, ("", light))
    assert contrast(light, PAPER) >= 3
    assert contrast(dark, DARK[PAPER][1]) >= 3


@pytest.mark.parametrize("colour", [INK, MUTED, CHOSEN])
def test_letters_of_a_chart_are_legible_on_a_light_and_on_a_dark_page(colour):
    assert contrast(colour, PAPER) >= 4.5
    assert contrast(DARK[colour][1], DARK[PAPER][1]) >= 4.5


@pytest.mark.parametrize("colour", [CUSTOMERS, REVENUE])
def test_bars_have_contrast_on_a_light_and_on_a_dark_page(colour):
    assert contrast(colour, PAPER) >= 3
    assert contrast(DARK[colour][1], DARK[PAPER][1]) >= 3


def test_segments_have_different_colours_on_a_dark_page():
    colours = [DARK.get(segment_colour(position), ("", segment_colour(position)))[1] for position in range(10)]
    assert len(set(colours)) == 10


def test_a_cell_has_the_same_colour_on_a_dark_page():
    indices = {mpl.colors.to_hex(index_colour(index)) for index in range(1, 1000)}
    shares = {mpl.colors.to_hex(share_colour(share / 100, 1.0)) for share in range(101)}
    assert (indices | shares) & DARK.keys() == set()


def test_a_dark_page_may_change_the_ink_of_a_chart_but_not_white_letters():
    drawn = str(inline_svg("one", "words", (4, 3), lambda axes: [axes.text(0, 0, "a", color=c) for c in (INK, PAPER)]))
    assert "fill: var(--chart-ink, #1b2330)" in drawn
    assert "fill: #ffffff" in drawn


def test_equal_markers_name_their_look_once():
    drawn = str(inline_svg("one", "words", (4, 3), lambda axes: axes.plot(range(50), range(50), "o", color="#123456")))
    assert drawn.count("<use") > 50
    assert drawn.count("fill: #123456") <= 2


def test_one_customer_far_out_does_not_squeeze_the_others():
    pair = pd.DataFrame({"first": [*range(1, 1001), 10**9], "second": 1.0, "segment_id": 1})
    axis = Axis("Spend", "currency", None, is_log=False)
    drawn = str(pair_chart(pair, (axis, axis), {1: "Segment 1"}, "words"))
    assert ">800<" in drawn
    assert "000,000<" not in drawn


def test_a_range_names_every_segment_and_its_median():
    spread = Spread("Net spend", "currency", "GBP", True, [10, 200], [30, 500], [90, 900])
    drawn = str(ranges_chart([spread, replace(spread, label="Orders", unit="orders", middle=[3, None])], ["Best", "Rest"], "words"))
    assert [drawn.count(f">{words}<") for words in ("Net spend", "Best", "Rest", "£30.00", "£500.00", "3", "–")] == [1, 2, 2, 1, 1, 1, 1]


def contrast(first, second):
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    channels = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in mpl.colors.to_rgb(colour)]
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), channels, strict=True))
