"""Names of products, categories and segments, titles and paths come from outside: whatever they hold is text."""

import re
from dataclasses import replace

import pytest
from oracle.hostile import IN_A_PAGE, Elements
from oracle.page_input import rendered

SCRIPT = "<script>alert(1)</script>"
BREAKOUT = "\"'></svg><img src=x onerror=alert(1)>"


def with_text(page_input, hostile):
    """The same page_input with one text in every field that takes one."""
    slug = f"category_share_{hostile}"
    manifest = {
        **page_input.manifest,
        **dict.fromkeys(("run_id", "as_of", "title", "currency", "started_at"), hostile),
        "software": {hostile: hostile},
        "input": dict.fromkeys(("format", "path", "first_line_at", "last_line_at"), hostile),
        "features": [{"feature": slug, "block": hostile, "transform": hostile, "weight": 1.0, "constant": True}],
        "categories": {"christmas": hostile},
        "choice": {**page_input.manifest["choice"], "reason": hostile},
        "stages": [{"stage": hostile, "seconds": 1.0, "counts": {hostile: 1}}],
    }
    accounting = page_input.accounting.assign(reason=page_input.accounting["reason"].replace({"guest": hostile, "no_purchase": hostile}))
    feature = page_input.profile["feature"].replace({"category_share_kitchen": slug, "recency_days": hostile})
    return replace(
        page_input,
        manifest=manifest,
        accounting=accounting,
        k_selection=page_input.k_selection.assign(reason=hostile),
        summary=page_input.summary.assign(segment_name=hostile),
        profile=page_input.profile.assign(feature=feature, unit=page_input.profile["unit"].replace({"orders": hostile})),
    )


@pytest.mark.parametrize("hostile", [SCRIPT, BREAKOUT, *IN_A_PAGE[:5]])
def test_markup_in_any_text_comes_out_escaped(page_input, hostile):
    html = rendered(with_text(page_input, hostile))
    assert "<script" not in html.lower()
    assert "<img" not in html.lower()
    assert Elements(html).made_of_names() == []
    assert html.count("</style>") == html.count("<style")
    assert html.count("</svg>") == 9


def test_the_hostile_text_is_shown_as_it_stood(page_input):
    html = rendered(with_text(page_input, SCRIPT))
    escaped = "&lt;script&gt;alert(1)&lt;/script&gt;"
    drawings = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    assert html.count(escaped) > 20
    assert any(escaped in re.sub(r'aria-label="[^"]*"', "", drawing) for drawing in drawings)
    assert sum(escaped in drawing for drawing in drawings) >= 3


def test_dollar_signs_are_no_mathematics(page_input):
    html = rendered(with_text(page_input, r"$\frac{1}{0}$ and $x_1$"))
    drawings = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    assert any(r">$\frac{1}{0}$ and $x_1$<" in drawing for drawing in drawings)


def test_no_character_breaks_the_page(page_input):
    html = rendered(with_text(page_input, "a\x00b\x1b[31m \ud800 left\u202eright\ntwo\tlines\u2028more"))
    assert html.encode("utf-8")
    assert re.search(r"[\x00-\x09\x0b-\x1f\u2028\u202e]", html) is None
    assert "a b [31m left right two lines more" in html


def test_templates_in_texts_are_not_run(page_input):
    assert "{{ 7 * 7 }}{% x %}" in rendered(with_text(page_input, "{{ 7 * 7 }}{% x %}"))


def test_scripts_of_the_world_are_drawn_as_text(page_input):
    html = rendered(with_text(page_input, "顧客 العملاء 🛍"))
    drawings = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    assert any(">顧客 العملاء 🛍<" in drawing for drawing in drawings)


def test_endless_names_are_cut_in_charts(page_input):
    html = rendered(with_text(page_input, "x" * 5000))
    longest = max(len(text) for text in re.findall(r">([^<>]*)</text>", html))
    assert longest <= 40
    assert "x" * 500 not in html
