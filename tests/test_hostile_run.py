"""One run of a log in which every name is an attack, looked at wherever a name comes out: page, browser, CSV, terminal, SQL, paths."""

import csv
import json
import re
import unicodedata
from itertools import cycle, islice
from pathlib import Path

import duckdb
import pyarrow as arrow
import pytest
import yaml
from oracle.browser import started, visited
from oracle.hostile import ALL, IN_A_PAGE, IN_A_PATH, IN_A_QUERY, IN_A_SPREADSHEET, ON_A_TERMINAL, PAYLOAD, Elements
from pyarrow import parquet
from typer.testing import CliRunner

from segmentation.cli.app import app

CUSTOMERS = 150
OURS = (
    *("Best customers", "Big spenders", "Lapsing big spenders", "Active regulars", "Regulars", "Lapsing regulars"),
    *("Recent occasional buyers", "Occasional buyers", "Lapsed occasional buyers"),
)
THEIRS = {
    "customer_id": 'who"`; DROP TABLE x; --',
    "ordered_at": "when\n<script>",
    "quantity": "../units",
    "unit_price": "price.a.b",
    "order_id": "=order",
    "product_id": "pro`duct",
    "description": "\x1b[31mtext",
    "category": "{{ kind }}",
    "country": "land 日本",
}


def customer(n):
    return f"{ALL[n % len(ALL)]} {n}"


def known(text):
    """An id as it is known, without what is invisible; None where signs of control stand inside, whose lines are rejected."""
    seen = [sign for sign in text if unicodedata.category(sign) != "Cf"]
    edge = {"Cc", "Zs", "Zl", "Zp"}
    while seen and unicodedata.category(seen[0]) in edge:
        seen.pop(0)
    narrow = "".join(chr(ord(sign) - 0xFEE0) if "\uff01" <= sign <= "\uff5e" else sign for sign in seen)
    return None if any(unicodedata.category(sign) == "Cc" for sign in narrow) else narrow


CUSTOMERS_KNOWN = {known(customer(n)) for n in range(CUSTOMERS)} - {None}


def lines():
    """Eight lines, four or two for each of the customers, who are of three kinds; every product, category, order and country an attack."""
    rows = []
    for n in range(CUSTOMERS):
        kind, text = n % 3, ALL[n % len(ALL)]
        for number in range((2, 4, 8)[kind]):
            product = (n + 7 * number) % len(ALL)
            day = f"2025-{1 + (4 * kind + number) % 12:02d}-{1 + n % 28:02d} 10:00:00"
            rows.append((customer(n), day, 1.0 + kind, 2.5 * 4**kind, f"{text}/{number}", f"p{product}{ALL[product]}", ALL[product]))
    return rows


@pytest.fixture(scope="module")
def attacked(spark, tmp_path_factory):
    """The folder of a run and an export through the command line, and what the commands said."""
    root = tmp_path_factory.mktemp("attacked")
    columns = list(zip(*lines(), strict=True))
    hostile_values = list(islice(cycle((*IN_A_PAGE[:5], IN_A_PAGE[10], IN_A_QUERY[0], ON_A_TERMINAL[0])), len(columns[0])))
    names = ("customer_id", "ordered_at", "quantity", "unit_price", "order_id", "product_id", "description")
    table = dict(zip((THEIRS[name] for name in names), columns, strict=True))
    table |= {THEIRS["category"]: hostile_values}
    table |= {THEIRS["country"]: [ALL[i % len(ALL)] for i in range(len(columns[0]))]}
    parquet.write_table(arrow.table(table), root / "log.parquet")
    people = [customer(n) for n in range(CUSTOMERS)]
    hostile, incomes = [hostile_values[n % 8] for n in range(CUSTOMERS)], [float(n % 3) for n in range(CUSTOMERS)]
    traits = {"no": people, 'tr`ai"t;': hostile, "=income": incomes}
    parquet.write_table(arrow.table(traits), root / "people.parquet")
    settings = {
        "input": {"format": "parquet", "path": str(root / "log.parquet"), "columns": THEIRS},
        "attributes": {
            "format": "parquet",
            "path": str(root / "people.parquet"),
            "customer_id": "no",
            "columns": {"trait": {"column": 'tr`ai"t;', "type": "nominal"}, "income": {"column": "=income", "type": "number"}},
        },
        "baskets": {"use": True},
        "clustering": {"k": 3, "n_init": 2, "n_bootstrap": 2, "n_references": 2},
        "output": {"path": str(root / "out")},
        "report": {
            "title": IN_A_PAGE[0] + ON_A_TERMINAL[3] + ON_A_TERMINAL[0],
            "currency": IN_A_PAGE[1],
            "segment_names": dict(zip(OURS, (f"{IN_A_PAGE[1]}{text}" for text in (*ON_A_TERMINAL, IN_A_SPREADSHEET[0])), strict=True)),
        },
    }
    (root / "conf.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "300")
        for module in ("app", "export"):
            patch.setattr(f"segmentation.cli.{module}.start_session", lambda *_: spark)
        run = CliRunner().invoke(app, ["segment", "--config", str(root / "conf.yaml")])
        assert run.exit_code == 0, run.output + repr(run.exception)
        exported = CliRunner().invoke(app, ["export", "--config", str(root / "conf.yaml"), "--output", str(root / "export")])
        assert exported.exit_code == 0, exported.output + repr(exported.exception)
        shown = CliRunner().invoke(app, ["settings", "--config", str(root / "conf.yaml")])
    return root, run.output + exported.output, shown.output


@pytest.fixture(scope="module")
def page(attacked):
    return (attacked[0] / "out" / "current" / "report.html").resolve()


def test_no_element_and_no_attribute_of_the_page_comes_from_a_name(page):
    elements = Elements(page.read_text(encoding="utf-8"))
    assert elements.made_of_names() == []
    assert "".join(elements.text).count(PAYLOAD) > 20
    assert "{{ 7*7 }}{% raw %}{{ self }}" in "".join(elements.text)


def test_no_rule_of_the_style_comes_from_a_name(page):
    styles = re.findall(r"<style>(.*?)</style>", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(styles) >= 1
    assert [word for word in (PAYLOAD, "evil.invalid", "expression(") if any(word in style for style in styles)] == []


def test_a_browser_runs_loads_and_asks_nothing_even_without_the_policy(page, tmp_path):
    html = page.read_text(encoding="utf-8")
    policy = '<meta http-equiv="Content-Security-Policy"'
    assert policy in html
    (tmp_path / "open.html").write_text(html.replace(policy, "<meta"), encoding="utf-8")
    with started() as browser:
        for path in (page, tmp_path / "open.html"):
            with visited(browser, path) as visit:
                dialogs = []
                visit.page.on("dialog", lambda dialog, dialogs=dialogs: (dialogs.append(dialog.message), dialog.dismiss()))
                visit.with_all_opened()
                assert (visit.requests, visit.complaints, dialogs) == ([], [], [])
                assert visit.page.evaluate(f"typeof {PAYLOAD}") == "undefined"
                assert visit.page.evaluate("document.querySelectorAll('script, img, iframe, object, embed, form').length") == 0
                assert f"onerror={PAYLOAD}=1>" in visit.page.evaluate("document.body.innerText")


def test_no_cell_of_an_export_is_a_formula(attacked):
    root, *_ = attacked
    files = sorted((root / "export").glob("*.csv"))
    assert len(files) == 3
    cells = [cell for path in files for row in csv.reader(path.open(encoding="utf-8", newline="")) for cell in row]
    assert len([cell for cell in cells if "calc" in cell]) > 3
    first = [re.sub(r"^[\s\u200b-\u206f\ufeff\x00-\x1f\x7f-\x9f]+", "", cell)[:1] for cell in cells if cell]
    assert set(first).isdisjoint("=+-@\uff1d\uff0b\uff0d\uff20")
    assert [cell for cell in cells if cell[:1] in "\t\r\n" and cell] == []
    assert [path.name for path in files if not re.fullmatch(r"segment-\d-[a-z0-9-]+\.csv", path.name)] == []


@pytest.mark.parametrize("which", [1, 2])
def test_the_terminal_gets_nothing_but_text(attacked, which):
    said = attacked[which]
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]", said) == []
    assert "[red]markup[/red]" in said
    assert "\\x1b" in said or "\\u001b" in said


def test_the_scoring_sql_is_one_query_that_finds_the_same_segments(attacked):
    current = attacked[0] / "out" / "current"
    query = (current / "model" / "scoring.sql").read_text()
    connection = duckdb.connect()
    connection.sql(f"CREATE TABLE customer_features AS FROM '{current}/customer_features/*.parquet'")
    assert (";" in query, "DROP" in query) == (False, False)
    quoted = re.findall(r'"([^"]*)"', query)
    assert [name for name in quoted if not re.fullmatch(r"\w+", name)] == []
    assert any(name.startswith("category_share_script_") for name in quoted)
    scored = connection.sql(query).fetchall()
    written = duckdb.sql(f"SELECT customer_id, segment_id FROM '{current}/customer_segments/*.parquet'").fetchall()
    assert len(written) == len(CUSTOMERS_KNOWN) > CUSTOMERS / 2
    assert sorted(row[:2] for row in scored) == sorted(written)


def test_every_file_has_a_name_of_ours_and_lies_where_the_settings_say(attacked):
    root, *_ = attacked
    assert {path.name for path in root.iterdir()} == {"log.parquet", "people.parquet", "conf.yaml", "out", "export"}
    places = [path.relative_to(root) for path in root.rglob("*")]
    assert [place for place in places if not re.fullmatch(r"[\w./=-]+", str(place), re.ASCII)] == []
    assert not Path(PAYLOAD).exists()


def test_names_come_out_of_the_tables_as_they_went_in(attacked):
    current = attacked[0] / "out" / "current"
    customers = {row[0] for row in duckdb.sql(f"SELECT customer_id FROM '{current}/customer_features/*.parquet'").fetchall()}
    assert customers == CUSTOMERS_KNOWN
    manifest = json.loads((current / "manifest.json").read_text())
    assert IN_A_PAGE[0] in manifest["title"]
    assert {IN_A_PAGE[0], IN_A_QUERY[0]} <= set(manifest["categories"].values())
    assert any(name.startswith(IN_A_PATH[0]) for name in customers)
