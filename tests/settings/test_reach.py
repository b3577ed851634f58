"""Settings reach no farther than what they name: no code, no file and no folder but those."""

from pathlib import Path

import pytest
import yaml
from oracle.hostile import IN_A_PATH, IN_A_QUERY, ON_A_TERMINAL

from segmentation.errors import SettingsError
from segmentation.settings import load_settings, settings_from_dict

COLUMNS = {"customer_id": "c", "ordered_at": "t", "amount": "a"}
LOOKUP = {"product_id": "p", "category": "c"}
TABLE = {"customer_id": "c", "columns": {"age": {"column": "Age", "type": "number"}}}


def _log(form="csv", path="log.csv", **options):
    return {"input": {"format": form, "path": path, "options": options, "columns": COLUMNS}}


def _fault(tree):
    with pytest.raises(SettingsError) as raised:
        settings_from_dict(tree)
    return str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch pwned']",
        "!!python/object/new:subprocess.Popen [[touch, pwned]]",
        "!!python/name:os.system",
        "!include /etc/passwd",
        "!!python/module:os",
    ],
)
def test_yaml_makes_plain_values_only(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(f"report:\n  title: {text}\n")
    with pytest.raises(SettingsError, match="could not determine a constructor"):
        load_settings("s.yaml")
    with pytest.raises(SettingsError, match="could not determine a constructor"):
        load_settings(_written(tmp_path), [f"report.title={text}"])
    assert not Path("pwned").exists()


def _written(folder):
    (folder / "sound.yaml").write_text(yaml.safe_dump(_log()))
    return folder / "sound.yaml"


@pytest.mark.parametrize("text", ["${HOME}", "$HOME", "`id`", "{{ 7*7 }}", "%(home)s", "~"])
def test_no_value_is_expanded(tmp_path, text):
    assert load_settings(_written(tmp_path), values={"report.title": text}).report.title == text


@pytest.mark.parametrize(
    ("form", "name", "why"),
    [
        ("csv", "path", "what is read is named by path alone"),
        ("csv", "PATHS", "what is read is named by path alone"),
        ("parquet", "basePath", "what is read is named by path alone"),
        ("csv", "ignoreCorruptFiles", "lines would be lost without any table accounting for them"),
        ("json", "badRecordsPath", "go to rejected_lines, and nowhere else"),
        ("csv", "columnNameOfCorruptRecord", "go to rejected_lines, and nowhere else"),
        ("csv", "fs.s3a.endpoint", "it does not describe how csv is written"),
        ("parquet", "parquet.crypto.factory.class", "it does not describe how parquet is written"),
        ("csv", "io.compression.codecs", "it does not describe how csv is written"),
        ("json", "url", "it does not describe how json is written"),
        ("delta", "fs.azure.endpoint", "allowed for delta: versionAsOf, timestampAsOf"),
        ("csv", "seperator", "it does not describe how csv is written"),
        ("csv", "multiline ", "did you mean 'multiLine'?"),
        ("parquet", "header", "it does not describe how parquet is written"),
    ],
)
def test_an_option_that_reaches_beyond_the_file_is_refused(form, name, why):
    tree = _log(form)
    tree["input"]["options"][name] = "hunter2"
    said = _fault(tree)
    assert (f"option {name!r} is not allowed in settings: " in said, why in said) == (True, True), said


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"password": "hunter2"}, "looks like a secret"),
        ({"fs.s3a.secret.key": "hunter2"}, "looks like a secret"),
        ({"fs.s3a.endpoint": "hunter2"}, "is not allowed in settings"),
    ],
)
def test_what_a_refused_option_holds_is_not_repeated(options, why):
    lookup = {"categories": {"lookup": {"format": "csv", "path": "l.csv", "options": options, **LOOKUP}}}
    table = {"attributes": {"format": "csv", "path": "t.csv", "options": options, **TABLE}}
    for tree in (_log(**options), _log() | lookup, _log() | table):
        said = _fault(tree)
        assert (why in said, "hunter2" in said) == (True, False), said


def test_how_a_file_is_written_may_be_said_in_any_case():
    given = {"sep": ";", "HEADER": True, "encoding": "latin1", "multiline": True, "quote": "'", "pathGlobFilter": "*.csv"}
    assert settings_from_dict(_log(**given)).input.options == given


@pytest.mark.parametrize("form", ["jdbc", "text", "binaryFile", "org.apache.spark.sql.jdbc", "kafka", "CSV", "orc", "image"])
def test_a_format_is_one_of_five(form):
    assert "should be 'csv', 'parquet', 'json', 'delta' or 'table'" in _fault(_log(form))


@pytest.mark.parametrize(
    "name",
    [
        *("parquet.`/etc/passwd`", "text.`/etc/passwd`", "csv.passwd", "`delta`.`x`", "jdbc.x", "a.b.c.d", "a..b", ".a", "a.", "`a"),
        *("a; DROP TABLE b", "a b", "a--", "a/*b*/", "(SELECT 1)", "a\nb", "a`b", "`a/b`", "", *IN_A_QUERY[:5], *IN_A_PATH[:4]),
    ],
)
def test_a_table_is_named_and_never_described(name):
    assert any(
        words in _fault(_log("table", name))
        for words in ("is not a table's name", "would read a file", "at least 1", "must not hold line ends")
    ), name


@pytest.mark.parametrize("name", ["sales", "shop.sales", "main.shop.sales_2025", "`my-catalog`.shop.`the lines`", "été.ventes"])
def test_a_table_of_the_catalog_may_be_read(name):
    assert settings_from_dict(_log("table", name)).input.path == name


@pytest.mark.parametrize(
    "path", ["a\nb", "a\x00b", "a\x1b[31mb", "a\u202eb", "a\u2028b", "zip://x::s3://bucket/y", "filecache::http://evil.invalid"]
)
def test_a_path_is_one_place_in_seen_characters(path):
    for tree in (_log(path=path), _log() | {"output": {"path": path}}, {"attributes": {"format": "csv", "path": path, **TABLE}}):
        assert any(words in _fault(tree) for words in ("a path must not hold", "a path is one location"))


@pytest.mark.parametrize("path", ["out/*", "out?", "out[12]", "{a,b}", "out\\x"])
def test_a_place_to_write_to_is_no_pattern(path):
    assert "an output path must not be a pattern" in _fault(_log() | {"output": {"path": path}})
    assert settings_from_dict(_log(path=path)).input.path == path


@pytest.mark.parametrize("path", ["out", "/data/my out", "s3://bucket/a-b_c.d", "../out", "~/out", "出力", "out;rm -rf x", "out$(id)"])
def test_any_other_folder_will_do(path):
    assert settings_from_dict(_log() | {"output": {"path": path}}).output.path == path


@pytest.mark.parametrize("text", ON_A_TERMINAL)
def test_an_attribute_is_called_by_plain_letters(text):
    tree = {"attributes": {"format": "csv", "path": "t.csv", "customer_id": "c", "columns": {text: {"column": "x", "type": "number"}}}}
    assert "string should match pattern" in _fault(tree)
