import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from oracle.page_input import rendered

VOID = {"meta", "link", "br", "img", "input", "hr"}
CHARTS = ("differences", "number", "map")


class Page(HTMLParser):
    """A page as its elements, with the text of each and the section it is in."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.open, self.misnested = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        parents = [element["tag"] for element in self.open]
        section = next((e["attrs"].get("id") for e in reversed(self.open) if e["tag"] == "section"), None)
        element = {"tag": tag, "attrs": dict(attrs), "text": "", "parents": parents, "section": section}
        self.elements.append(element)
        self.handle_data(" ")
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        if not self.open or self.open[-1]["tag"] != tag:
            self.misnested.append(tag)
            return
        self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, tag, section=None):
        return [e for e in self.elements if e["tag"] == tag and section in (None, e["section"])]

    def texts(self, tag, section=None):
        return [" ".join(element["text"].split()) for element in self.all(tag, section)]


@pytest.fixture(scope="module")
def html(page_input):
    return rendered(page_input)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def spaced(text):
    return text.replace("\u00a0", " ")


def test_the_headline_says_how_many_customers_in_how_many_segments(page):
    assert spaced(page.texts("h1")[0]) == "4,338 customers in 4 segments. Segment 1: 7.1 % of customers, 39.4 % of net revenue."


@pytest.mark.parametrize(
    ("title", "expected"),
    [("Online Retail", "Online Retail · Customer segments, 2011-12-10"), ("Customer segments", "Customer segments, 2011-12-10")],
)
def test_the_title_says_customer_segments_once(page_input, title, expected):
    page = Page(rendered(replace(page_input, manifest=page_input.manifest | {"title": title})))
    assert page.texts("title") == [expected]


def test_every_segment_has_a_card_with_its_size_and_revenue(page):
    cards = [spaced(text) for text in page.texts("li", "segments")]
    assert [text[2:11] for text in cards] == ["Segment 1", "Segment 2", "Segment 3", "Segment 4"]
    assert "7.1 % · 309" in cards[0]
    assert "39.4 % · £3,248,351" in cards[0]
    assert "42.9 % · 1,861" in cards[3]


def test_segment_names_are_used_where_there_are_any(page_input):
    named = replace(page_input, summary=page_input.summary.assign(segment_name=["Champions", "Regulars", None, "Lost"]))
    page = Page(rendered(named))
    assert page.texts("h3", "segments") == ["Champions Segment 1", "Regulars Segment 2", "Segment 3", "Lost Segment 4"]
    assert "Champions: 7.1 %" in spaced(page.texts("h1")[0])
    assert "Champions" in page.texts("svg", "differences")[0]


def test_the_sums_of_the_accounting_are_shown(page):
    sums = " ".join(spaced(text) for text in page.texts("p", "accounting"))
    assert "541,909 read = 396,922 accepted + 142,213 rejected + 2,774 voided" in sums
    assert "4,372 seen = 4,338 segmented + 34 unsegmented" in sums
    assert sums.count("It adds up") == 2


def test_an_accounting_with_a_hole_is_called_that(page_input):
    short = page_input.accounting.assign(count=page_input.accounting["count"].replace(135_080, 135_077))
    html = rendered(replace(page_input, accounting=short))
    assert "It does not add up: 3 lines missing." in html
    assert html.count("It adds up") == 1


def test_every_reason_is_explained(page):
    rows = [e for e in page.all("tr", "accounting") if e["attrs"].get("class") == "reason"]
    assert len(rows) == 11
    cells = [e for e in page.all("td", "accounting") if e["attrs"].get("class") == "wide"]
    assert all(cell["text"].strip() for cell in cells)
    assert any("No customer number" in row["text"] for row in rows)


def test_the_chosen_number_is_shown_in_words_in_the_chart_and_in_the_table(page):
    assert "Chosen: k = 4." in page.texts("p", "number")[0]
    assert all("chosen: k = 4" in text for text in page.texts("svg", "number")[:2])
    chosen = [e["text"].split() for e in page.all("tr", "number") if e["attrs"].get("class") == "chosen"]
    assert [row[0] for row in chosen] == ["4", "4", "4"]
    assert all("chosen" in row for row in chosen)


def test_the_elbow_is_shown_where_there_is_one(page, page_input):
    assert "elbow: k = 5" in page.texts("svg", "number")[1]
    assert "elbow of the WCSS curve is at 5" in page.texts("p", "number")[0]
    choice = page_input.manifest["choice"] | {"elbow_k": None}
    without = Page(rendered(replace(page_input, manifest=page_input.manifest | {"choice": choice})))
    assert "The WCSS curve has no elbow." in without.texts("p", "number")[0]
    assert "elbow" not in without.texts("svg", "number")[1]


def test_every_chart_has_an_alternative_and_a_table_behind_it(page):
    charts = page.all("svg")
    places = {"differences": 4, "number": 3, "map": 2}
    assert [chart["section"] for chart in charts] == [section for section, count in places.items() for _ in range(count)]
    assert all(chart["attrs"]["role"] == "img" and len(chart["attrs"]["aria-label"]) > 60 for chart in charts)
    for section in CHARTS:
        figures = page.all("figure", section)
        tables = [table for table in page.all("table", section) if "figure" in table["parents"] and "details" in table["parents"]]
        assert len(figures) == len(tables) == len(page.all("svg", section))


def test_the_alternatives_carry_the_figures(page):
    shares, indices, ranges, categories, silhouette, wcss, bands, scatter, pair = (
        spaced(chart["attrs"]["aria-label"]) for chart in page.all("svg")
    )
    assert "Segment 4: 42.9 % of customers, 8.2 % of revenue" in shares
    assert "17 features by 4 segments" in indices
    assert "Highest: Segment 1, Spend before returns, 566. Lowest: Segment 1, Days since last purchase, 13." in indices
    assert "k from 2 to 10" in silhouette
    assert "Chosen: k = 4 with 0.432" in silhouette
    assert "Elbow at k = 5" in wcss
    assert "61.3 % of the variance" in scatter
    assert "Net spend: medians from £296.32 (Segment 4) to £8,620 (Segment 1)" in ranges
    assert "6 categories by segment. Largest of each: Segment 1: Bags & cases, 26.9 %" in categories
    assert "Segment 4: mean 0.520" in bands
    assert "below 0" in bands
    assert re.search(r"1,99\d customers: Days since last purchase and Net spend. Segment 1 around", pair)


def test_the_heat_map_prints_every_index(page, page_input):
    chart = page.texts("svg", "differences")[1].split()
    printed = [text for text in chart if re.fullmatch(r"[\d,]+", text)]
    segments = ["1", "2", "3", "4"]
    assert sorted(printed) == sorted([*segments, *(f"{index:,.0f}" for index in page_input.profile["index"])])


def test_the_page_asks_nothing_of_the_network(html, page):
    assert "http:" not in html
    assert "https:" not in html
    assert "@import" not in html
    assert page.all("script") == page.all("link") == page.all("img") == page.all("iframe") == []
    links = [e["attrs"][name] for e in page.elements for name in ("href", "src") if name in e["attrs"]]
    assert links
    assert all(link.startswith("#") for link in links)


def test_the_page_forbids_the_browser_to_load_or_run_anything(page):
    policies = [e["attrs"]["content"] for e in page.all("meta") if e["attrs"].get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"]


def test_equal_page_input_give_equal_bytes_whatever_the_order_of_their_rows(html, page_input):
    shuffled = {name: getattr(page_input, name).sample(frac=1, random_state=3) for name in ("accounting", "profile")}
    assert rendered(page_input) == html
    assert rendered(replace(page_input, **shuffled)) == html


def test_headings_come_in_order(page):
    levels = [int(e["tag"][1]) for e in page.elements if re.fullmatch(r"h[1-6]", e["tag"])]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_the_markup_is_well_formed_and_its_ids_are_unique(page):
    assert page.misnested == []
    assert page.open == []
    ids = [e["attrs"]["id"] for e in page.elements if "id" in e["attrs"]]
    assert len(ids) == len(set(ids))


def test_every_reference_inside_the_page_leads_somewhere(html, page):
    ids = {e["attrs"]["id"] for e in page.elements if "id" in e["attrs"]}
    wanted = set(re.findall(r'(?:href="#|url\(#)([^")]+)', html)) | {
        e["attrs"]["aria-labelledby"] for e in page.elements if "aria-labelledby" in e["attrs"]
    }
    assert wanted
    assert wanted <= ids


def test_the_page_stays_far_below_three_megabytes(make_page_input):
    assert len(rendered(make_page_input(segments=10, features=30)).encode()) < 1_000_000


@pytest.mark.parametrize(("segments", "features"), [(2, 1), (3, 5), (10, 30)])
def test_every_segment_and_feature_is_shown_however_many_there_are(make_page_input, segments, features):
    html = rendered(make_page_input(segments, features))
    page = Page(html)
    assert len(page.texts("h3", "segments")) == segments
    assert len(page.all("tr", "features")) == features + 1
    assert html.split("<caption>Profile of each segment")[1].split("</table>")[0].count("<tr>") == segments * features + 1


def test_a_feature_without_index_shows_a_dash(make_page_input):
    wide_input = make_page_input(segments=3, features=30)
    weekends = wide_input.profile["feature"] == "weekend_order_share"
    assert wide_input.profile.loc[weekends, "index"].isna().all()
    chart = Page(rendered(wide_input)).texts("svg", "differences")[1]
    assert chart.count("–") == 3


def test_page_input_without_any_index_still_make_a_page(page_input):
    page = Page(rendered(replace(page_input, profile=page_input.profile.assign(index=None))))
    assert "Close to the average customer in everything measured." in page.texts("p", "segments")[1]


def test_a_fixed_number_of_segments_is_said_to_be_fixed(page_input):
    choice = page_input.manifest["choice"] | {"fixed": True, "elbow_k": None}
    only = page_input.k_selection[page_input.k_selection["k"] == 4]
    page = Page(rendered(replace(page_input, manifest=page_input.manifest | {"choice": choice}, k_selection=only)))
    assert "The settings ask for 4 segments" in page.texts("p", "number")[0]
    assert [chart["attrs"]["aria-label"][:11] for chart in page.all("svg", "number")] == ["Silhouettes"]
    assert len([e for e in page.all("tr", "number") if "chosen" in e["text"]]) == 1


def test_measures_that_are_not_defined_show_a_dash(page_input):
    tried = page_input.k_selection.astype({"silhouette": object})
    tried.loc[tried["k"] == 9, ["silhouette", "davies_bouldin"]] = None
    page = Page(rendered(replace(page_input, k_selection=tried)))
    row = next(e for e in page.all("tr", "number") if e["text"].split()[0] == "9")
    assert row["text"].split()[:2] == ["9", "–"]


def test_no_customers_on_the_map_is_said(page_input):
    page = Page(rendered(replace(page_input, scatter=page_input.scatter.iloc[:0], pair=page_input.pair.iloc[:0])))
    assert page.all("svg", "map") == []
    assert page.texts("p", "map") == ["There are no customers to show on a map."]


def test_a_log_without_categories_shows_none(page_input):
    profile = page_input.profile[~page_input.profile["feature"].str.startswith("category_share_")]
    page = Page(rendered(replace(page_input, profile=profile)))
    assert len(page.all("svg", "differences")) == 3


def test_categories_are_in_the_order_of_their_share_of_all_customers(page, page_input):
    table = next(e for e in page.all("table", "differences") if "Spend by category" in e["text"])
    sizes = page_input.summary.set_index("segment_id")["customer_share"]
    shares = page_input.profile[page_input.profile["feature"].str.startswith("category_share_")]
    overall = {name: sum(rows["mean"] * rows["segment_id"].map(sizes)) for name, rows in shares.groupby("feature")}
    first, last = max(overall, key=overall.get), min(overall, key=overall.get)
    names = {f"category_share_{slug}": name for slug, name in page_input.manifest["categories"].items()}
    words = " ".join(table["text"].split())
    assert words.index(names[first]) < words.index(names[last].capitalize())


def test_customers_nearer_to_another_segment_are_counted(page_input):
    some = page_input.scatter.assign(silhouette=[-0.1, *[0.5] * (len(page_input.scatter) - 1)])
    page = Page(rendered(replace(page_input, scatter=some)))
    row = next(e for e in page.all("tr", "number") if "Segment 1" in e["text"])
    assert row["text"].split()[:4] == ["Segment", "1", "0.310", "142"]
    assert spaced(row["text"]).split()[-2:] == ["0.7", "%"]


def test_a_segment_without_sampled_customers_has_its_row_and_no_band(page_input):
    rest = page_input.scatter[page_input.scatter["segment_id"] != 2]
    page = Page(rendered(replace(page_input, scatter=rest, pair=page_input.pair[page_input.pair["segment_id"] != 2])))
    row = next(e for e in page.all("tr", "number") if "Segment 2" in e["text"])
    assert row["text"].split()[2:] == ["0.380", "0", "–", "–", "–", "–"]


def test_a_log_without_revenue_makes_a_plain_headline(page_input):
    page = Page(rendered(replace(page_input, summary=page_input.summary.assign(revenue_share=None))))
    assert page.texts("h1") == ["4,338 customers in 4 segments."]


def test_amounts_without_a_currency_are_plain_numbers(page_input):
    html = rendered(replace(page_input, manifest=page_input.manifest | {"currency": None}))
    assert "3,248,351" in html
    assert "£" not in html
