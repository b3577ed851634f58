"""A real browser's opinion of a page: what it loads, what it complains of, what sticks out, who could not read it."""

from contextlib import contextmanager

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import sync_playwright

from oracle.chromium import path_of_browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
PRINTED_WIDTH = 688
"""CSS pixels between the margins of an A4 sheet: 210 mm less twice 14 mm."""

# What lies in a labelled region that scrolls may be wider than the screen; on paper nothing scrolls.
STICKING_OUT = """
(mayScroll) => {
  const width = document.documentElement.clientWidth, found = [];
  const scrolls = (e) => mayScroll && e.getAttribute("role") === "region" && e.getAttribute("aria-label") && e.tabIndex === 0
    && ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
  const visit = (e) => {
    const box = e.getBoundingClientRect();
    if (box.width && box.height && (box.right > width + 1 || box.left < -1)) found.push(e.outerHTML.slice(0, 90));
    if (!scrolls(e)) [...e.children].forEach(visit);
  };
  visit(document.body);
  if (document.scrollingElement.scrollWidth > width) found.push(`the page is ${document.scrollingElement.scrollWidth} wide`);
  return found;
}
"""
UNSEEN = """
() => [...document.querySelectorAll("table, tr, th, td, svg, figcaption, h1, h2, h3, .card, details > div")].filter((e) => {
  const box = e.getBoundingClientRect();
  return !e.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true}) || !box.width || !box.height;
}).map((e) => e.outerHTML.slice(0, 90))
"""
CUT = """
() => [...document.querySelectorAll("body *")].filter((e) => {
  const style = getComputedStyle(e);
  return style.overflowX !== "visible" && !e.closest("svg") && !e.matches(".bar, .skip")
    && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1);
}).map((e) => e.outerHTML.slice(0, 90))
"""
UNNAMED = """
() => {
  const named = (e) => (e.getAttribute("aria-label") || document.getElementById(e.getAttribute("aria-labelledby"))?.textContent
    || e.alt || "").trim();
  const lacking = (selector, has) => [...document.querySelectorAll(selector)].filter((e) => !has(e)).map((e) => e.outerHTML.slice(0, 90));
  return [
    ...lacking("svg, img, [role=img], [role=region], section, nav", named),
    ...lacking("a, button, summary", (e) => named(e) || e.textContent.trim()),
    ...lacking("table", (e) => e.caption?.textContent.trim() && !e.querySelector("th:not([scope])") && e.querySelector("thead th")),
  ];
}
"""
FOCUSED = """
() => {
  const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
  const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.bottom > 0 && box.right > 0;
  return e === document.body ? null : [e.tagName.toLowerCase(), (e.getAttribute("aria-label") || e.textContent).trim().slice(0, 60), seen];
}
"""


@contextmanager
def started():
    """One browser, without a window."""
    path = path_of_browser()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path)
        yield browser
        browser.close()


class Visit:
    """A page in a browser, with everything it asked for and complained of; nothing but the file itself reaches it."""

    def __init__(self, browser, path, width=1200, scheme="light", media="screen"):
        self.address, self.requests, self.complaints = path.as_uri(), [], []
        self.context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce")
        self.page = self.context.new_page()
        self.page.emulate_media(media=media)
        self.page.on("console", lambda said: self.complaints.append(f"{said.type}: {said.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.route("**/*", self._met)
        self.page.goto(self.address)

    def _met(self, route):
        if route.request.url == self.address:
            route.continue_()
        else:
            self.requests.append(route.request.url)
            route.abort()

    def with_all_opened(self):
        """The same page with every table unfolded."""
        self.page.evaluate("document.querySelectorAll('details').forEach((e) => { e.open = true; })")
        return self

    def sticking_out(self, may_scroll=True):
        """Elements beyond the edges of the screen, and the page itself where it scrolls sideways."""
        return self.page.evaluate(STICKING_OUT, may_scroll)

    def unnamed(self):
        """Images, links, regions and tables without a name."""
        return self.page.evaluate(UNNAMED)

    def barriers(self, within="html"):
        """What axe-core finds against WCAG 2.1 AA, and against good practice, within an element."""
        self.page.evaluate(AXE_SCRIPT)
        options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
        violations = self.page.evaluate("([within, options]) => axe.run(within, options)", [within, options])["violations"]
        return [f"{rule['id']}: {node['target'][0]}" for rule in violations for node in rule["nodes"]]

    def unseen(self):
        """Parts of the page that take no room."""
        return self.page.evaluate(UNSEEN)

    def cut(self):
        """Elements that hide a part of what they hold."""
        return self.page.evaluate(CUT)

    def by_keyboard(self, most=400):
        """What the tab key comes to, in order: tag, name, and whether it is seen to have the focus."""
        focused_elements = []
        for _ in range(most):
            self.page.keyboard.press("Tab")
            focused = self.page.evaluate(FOCUSED)
            if focused is None or focused in focused_elements[:1]:
                break
            focused_elements.append(focused)
        return focused_elements


@contextmanager
def visited(browser, path, **look):
    """A visit that ends."""
    visit = Visit(browser, path, **look)
    yield visit
    visit.context.close()
