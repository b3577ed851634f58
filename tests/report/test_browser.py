"""The page of a real run, in a real browser; and copies of it with a fault each, which the checks must find."""

import pytest
from oracle.browser import PRINTED_WIDTH, started, visited

POLICY = '<meta http-equiv="Content-Security-Policy"'


@pytest.fixture(scope="module")
def browser():
    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def report(published):
    """The page of a run on the generated log."""
    _, root = published
    return (root / "current" / "report.html").resolve()


@pytest.fixture
def broken(report, tmp_path):
    """A maker of copies with something put in at the beginning of the page's main part, and texts replaced."""

    def made(put="", replaced=()):
        html = report.read_text(encoding="utf-8")
        for old, new in replaced:
            assert old in html
            html = html.replace(old, new)
        start = html.index(">", html.index("<main")) + 1
        (tmp_path / "broken.html").write_text(html[:start] + put + html[start:], encoding="utf-8")
        return tmp_path / "broken.html"

    return made


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (375, "dark"), (320, "light")])
def test_the_page_loads_alone_and_fits_any_screen(browser, report, width, scheme):
    with visited(browser, report, width=width, scheme=scheme) as visit:
        visit.with_all_opened()
        assert (visit.requests, visit.complaints) == ([], [])
        assert visit.sticking_out() == []
        assert visit.unnamed() == []


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (375, "dark")])
def test_axe_finds_no_barrier(browser, report, width, scheme):
    with visited(browser, report, width=width, scheme=scheme) as visit:
        if scheme == "light":
            visit.with_all_opened()
        assert visit.barriers() == []


def test_nothing_is_lost_on_paper(browser, report):
    with visited(browser, report, width=PRINTED_WIDTH, scheme="dark", media="print") as visit:
        assert (visit.unseen(), visit.cut()) == ([], [])
        assert visit.sticking_out(may_scroll=False) == []
        assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser, report):
    with visited(browser, report) as visit:
        reached = visit.by_keyboard()
        wanted = visit.page.evaluate(
            "[...document.querySelectorAll('a[href], summary, [tabindex=\"0\"]')].filter((e) => e.checkVisibility("
            "{contentVisibilityAuto: true})).length"
        )
        assert reached[0][:2] == ["a", "Skip to the segments"]
        assert len(reached) == wanted
        assert [name for _, name, is_seen in reached if not is_seen] == []


def test_the_keyboard_skips_to_the_segments_and_unfolds_a_table(browser, report):
    with visited(browser, report) as visit:
        visit.page.keyboard.press("Tab")
        visit.page.keyboard.press("Enter")
        assert visit.page.evaluate("document.activeElement.id") == "main"
        visit.page.focus("summary")
        visit.page.keyboard.press("Enter")
        assert visit.page.evaluate("document.querySelector('details').open")


def test_what_is_wider_than_a_phone_is_detected_outside_labelled_regions(browser, broken):
    wide = '<p style="width: 600px; max-width: none">wide</p>'
    unlabelled = f'<div style="overflow: auto" tabindex="0">{wide}</div>'
    labelled = unlabelled.replace(">", ' role="region" aria-label="Wide">', 1)
    with visited(browser, broken(unlabelled + labelled), width=375) as visit:
        assert [fault[:9] for fault in visit.sticking_out()] == ["<p style="]
    with visited(browser, broken('<div style="width: 600px">wide</div>'), width=375) as visit:
        assert [fault[:4] for fault in visit.sticking_out()] == ["<div", "the "]


def test_an_image_from_outside_is_detected(browser, broken):
    put = '<img src="https://example.invalid/pixel.png" alt="A pixel">'
    with visited(browser, broken(put, [(POLICY, "<meta")])) as visit:
        assert visit.requests == ["https://example.invalid/pixel.png"]
    with visited(browser, broken(put)) as visit:
        assert "Content Security Policy" in visit.complaints[0]


def test_a_script_that_fails_is_detected(browser, broken):
    put = "<script>console.warn('beware'); throw new Error('broken')</script>"
    with visited(browser, broken(put, [(POLICY, "<meta")])) as visit:
        assert visit.complaints == ["warning: beware", "error: broken"]


def test_axe_finds_each_barrier(browser, broken):
    barriers = {
        "color-contrast": '<p style="color: #999; background: #fff">faint</p>',
        "heading-order": "<h5>deep</h5>",
        "image-alt": '<img src="data:,">',
        "label": "<input>",
        "link-name": '<a href="#run"></a>',
    }
    with visited(browser, broken(f'<section aria-label="Broken" id="broken">{"".join(barriers.values())}</section>')) as visit:
        assert sorted(fault.split(":")[0] for fault in visit.barriers("#broken")) == list(barriers)


def test_what_has_no_name_is_detected(browser, broken):
    nameless = [
        '<svg role="img"></svg>',
        '<img src="data:,">',
        '<div role="region" tabindex="0"></div>',
        "<section></section>",
        '<a href="#run"> </a>',
        '<table><thead><tr><th scope="col">A</th></tr></thead></table>',
        "<table><caption>A</caption><thead><tr><th>A</th></tr></thead></table>",
    ]
    with visited(browser, broken("".join(nameless))) as visit:
        assert [fault[:4] for fault in visit.unnamed()] == ["<svg", "<img", "<div", "<sec", "<a h", "<tab", "<tab"]


def test_what_paper_would_lose_is_detected(browser, broken):
    style = """
      .drawing { max-height: 5rem; overflow: hidden !important; }
      details::details-content { content-visibility: hidden !important; block-size: 0 !important; }
      figcaption { visibility: hidden; }
    """
    with visited(browser, broken(replaced=[("</style>", f"{style}</style>")]), width=PRINTED_WIDTH, media="print") as visit:
        unseen = " ".join(visit.unseen())
        assert ["<figcaption" in unseen, "<table" in unseen, "<svg" in unseen] == [True, True, False]
        assert {fault[:20] for fault in visit.cut()} == {'<div class="drawing"'}


def test_a_focus_that_is_not_shown_and_a_link_out_of_reach_are_detected(browser, broken):
    replaced = [("</style>", "nav a:focus-visible { outline: none; }</style>"), ('href="#actions"', 'href="#actions" tabindex="-1"')]
    with visited(browser, broken(replaced=replaced)) as visit:
        assert visit.by_keyboard(most=3) == [["a", "Skip to the segments", True], ["a", "Segments", False], ["a", "Baskets", False]]
