"""Settings as people and editors read them."""

import json
from datetime import date

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from segmentation.settings import Settings, as_commented_yaml, json_schema, load_settings, settings_from_dict

COLUMNS = {"customer_id": "c", "ordered_at": "t", "quantity": "q", "unit_price": "p", "description": "Item name", "product_id": "code"}
FULL = {
    "input": {
        "format": "csv",
        "path": "logs/*.csv",
        "options": {"sep": ";", "header": False, "samplingRatio": 0.5, "maxColumns": 99},
        "missing_values": ["", "na"],
        "columns": COLUMNS,
    },
    "rules": {"excluded_products": ["POST", "gift_*"], "history_start": "2010-12-01"},
    "categories": {"patterns": [{"category": "bags", "pattern": r"\bBAGS?\b"}, {"category": 'it\'s: "new"', "pattern": "#1"}]},
    "features": {"as_of": "2011-12-10", "value": {"recency_days": {"transform": "cap", "cap_quantiles": [0.05, 0.95]}}},
    "clustering": {"k": 4, "tol": 0.001},
    "report": {"title": "Ünïcode — 日本 😀", "currency": "€"},
}
TABLE = {
    "attributes": {
        "format": "csv",
        "path": "customers.csv",
        "customer_id": "No",
        "columns": {
            "income": {"column": "Annual Income (k$)", "type": "number", "transform": "cap"},
            "grade": {"column": 'Grade "A"', "type": "ordinal", "levels": ["low", "né"]},
        },
    }
}
LOOKUP = FULL | {"categories": {"lookup": {"format": "csv", "path": "products.csv", "product_id": "Code", "category": "Group"}}}
TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "M", "N", "P", "S", "Zs")), min_size=1)
ODD = st.lists(
    st.sampled_from(["'", '"', "\\", "\n", "\r", "\t", ":", ": ", " #", "- ", "%", "@", "{", "}", ",", "~", "no", "1", "é", "\xa0", "😀"])
)


def _reloaded(effective, folder):
    path = folder / "effective.yaml"
    path.write_text(as_commented_yaml(effective), encoding="utf-8", newline="")
    return load_settings(path)


def test_printed_settings_are_settings_again(tmp_path):
    for tree in (FULL, LOOKUP, TABLE, FULL | TABLE):
        effective = settings_from_dict(tree)
        assert _reloaded(effective, tmp_path) == effective


def test_printed_settings_hold_the_effective_values():
    printed = yaml.safe_load(as_commented_yaml(settings_from_dict(FULL)))
    assert printed["rules"]["excluded_products"] == ["POST", "gift_*"]
    assert printed["rules"]["void_within_hours"] == 24
    assert printed["report"] == {"title": "Ünïcode — 日本 😀", "currency": "€", "scatter": None, "segment_names": {}}
    assert date.fromisoformat(printed["features"]["as_of"]) == date(2011, 12, 10)
    recency = {"use": True, "transform": "cap", "cap_quantiles": [0.05, 0.95], "weight": 1.0}
    assert printed["features"]["value"]["recency_days"] == recency


def test_each_printed_key_is_under_its_meaning():
    lines = as_commented_yaml(settings_from_dict(FULL)).splitlines()
    place = lines.index("  void_within_hours: 24")
    assert lines[place - 1] == "  # A return this soon after an equal purchase voids both, hours. 0: nothing is voided."
    keys = [number for number, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")]
    assert [lines[number] for number in keys if not lines[number - 1].lstrip().startswith("#")] == []


@settings(max_examples=50, deadline=None)
@given(title=TEXTS, odd=ODD, category=TEXTS)
def test_any_text_survives_printing(tmp_path_factory, title, odd, category):
    text = title + "".join(odd)
    tree = FULL | {
        "input": FULL["input"] | {"options": {"sep": text}, "columns": COLUMNS | {"customer_id": text}},
        "categories": {"patterns": [{"category": category, "pattern": text}]},
        "report": {"title": text},
    }
    effective = settings_from_dict(tree)
    assert effective.report.title == text
    assert _reloaded(effective, tmp_path_factory.getbasetemp()) == effective


def test_the_json_schema_names_and_explains_every_key():
    definitions = json.loads(json_schema())
    sections = {definitions["title"]: definitions, **definitions["$defs"]}
    keys = {(name, key) for name, section in sections.items() for key in section["properties"]}
    assert keys == {(section.__name__, key) for section in _sections(Settings) for key in section.model_fields}
    assert sections["ClusteringSettings"]["properties"]["n_init"] == {
        "default": 5,
        "description": "Random starts of k-means for each number of segments; the one of lowest cost counts.",
        "maximum": 50,
        "minimum": 1,
        "title": "N Init",
        "type": "integer",
    }


def test_the_json_schema_lets_editors_flag_unknown_keys():
    definitions = json.loads(json_schema())
    closed = {section["title"]: section.get("additionalProperties") for section in (definitions, *definitions["$defs"].values())}
    assert closed == dict.fromkeys((section.__name__ for section in _sections(Settings)), False)


def _sections(section):
    """A section and all sections below it."""
    sections = {section}
    for field in section.model_fields.values():
        kinds = [field.annotation, *getattr(field.annotation, "__args__", ())]
        below = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        sections.update(*(_sections(kind) for kind in below))
    return sections
