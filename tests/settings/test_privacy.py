"""Secrets in settings are references; a value in place of one is refused and never repeated."""

import copy
from pathlib import Path

import pytest

from segmentation.errors import SettingsError
from segmentation.settings import as_commented_yaml, load_settings, settings_from_dict

REPOSITORY = Path(__file__).resolve().parents[2]
LOG = {"input": {"format": "csv", "path": "log", "columns": {"customer_id": "Who", "ordered_at": "When", "amount": "Sum"}}}
SECRET = "s3cr3t-0123456789abcdefghijklmnopqrstuvwxyz"
UPPER = "ABCDEF0123456789ABCDEF0123456789AB"
KEY = {"key": {"environment": "SEGMENTATION_KEY"}}


def _refused(tree):
    with pytest.raises(SettingsError) as refused:
        settings_from_dict(tree)
    return str(refused.value)


def _with(pseudonyms, **more):
    return {**copy.deepcopy(LOG), "privacy": {"pseudonyms": pseudonyms}, **more}


@pytest.mark.parametrize("key", [{"environment": "SEGMENTATION_KEY"}, {"environment": "K" * 31}, {"file": "/run/secrets/key"}])
def test_a_reference_is_taken(key):
    assert settings_from_dict(_with({"key": key})).privacy.pseudonyms.key.model_dump(exclude_none=True) == key


@pytest.mark.parametrize(
    "pseudonyms",
    [
        *({"key": key} for key in (SECRET, [SECRET], {SECRET: None}, {"value": SECRET}, {"environment": SECRET}, {"file": SECRET})),
        *({"key": key} for key in (UPPER, {"environment": UPPER}, {"environment": [SECRET]}, {"file": {"path": SECRET}})),
        *(SECRET, [SECRET], {SECRET: 1}, {"key": {"environment": "KEY"}, SECRET: None}, {**KEY, "mapping_path": [SECRET]}),
    ],
)
def test_what_may_be_the_key_itself_is_refused_and_not_repeated(pseudonyms):
    message = _refused(_with(pseudonyms))
    assert "privacy.pseudonyms" in message
    assert [secret for secret in (SECRET, UPPER) if secret[:12] in message] == []


def test_what_is_wanted_instead_is_said():
    assert "{environment: NAME}" in _refused(_with({"key": SECRET}))
    assert "{file: /ABSOLUTE/PATH}" in _refused(_with({"key": SECRET}))


@pytest.mark.parametrize("key", [{}, None, {"environment": "A", "file": "/b"}, {"file": "relative"}, {"environment": "K" * 32}])
def test_a_reference_names_one_location_and_cannot_be_a_key(key):
    assert "privacy.pseudonyms.key: needs a reference" in _refused(_with({"key": key}))


def test_a_misspelt_key_of_the_section_is_named():
    assert "privacy.pseudonyms.maping_path: unknown key, did you mean 'mapping_path'?" in _refused(_with({**KEY, "maping_path": "m"}))


@pytest.mark.parametrize(("mapping", "output"), [("out/m", "out"), ("out", "out/x"), ("out", "out/"), ("./out/../out", "out")])
def test_the_mapping_lies_apart_from_the_output(mapping, output):
    message = _refused(_with({**KEY, "mapping_path": mapping}, output={"path": output}))
    assert "privacy.pseudonyms.mapping_path and output.path must be separate folders" in message


def test_a_link_does_not_bring_the_mapping_into_the_output(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").symlink_to(tmp_path / "out")
    tree = _with({**KEY, "mapping_path": str(tmp_path / "elsewhere" / "m")}, output={"path": str(tmp_path / "out")})
    assert "must be separate folders" in _refused(tree)


def test_a_name_that_begins_alike_is_apart():
    assert settings_from_dict(_with({**KEY, "mapping_path": "output_mapping"})).privacy.pseudonyms.mapping_path == "output_mapping"


def test_the_column_of_ids_is_nothing_else_besides():
    tree = _with(KEY)
    tree["input"]["columns"]["order_id"] = "Who"
    assert "input.columns.order_id: the column of customer ids" in _refused(tree)
    assert settings_from_dict({**tree, "privacy": {}})
    table = {"format": "csv", "path": "t", "customer_id": "No", "columns": {"number": {"column": "No", "type": "number"}}}
    assert "attributes.columns.number: the column of customer ids" in _refused({"attributes": table, "privacy": {"pseudonyms": KEY}})


@pytest.mark.parametrize("path", [f"s3a://name:{SECRET}@bucket/log", f"https://store/log?sv=1&sig={SECRET}", f"x?X-Amz-Signature={SECRET}"])
@pytest.mark.parametrize("place", ["input", "output"])
def test_a_path_with_a_password_or_a_signature_is_refused_and_not_repeated(path, place):
    tree = copy.deepcopy(LOG)
    tree.setdefault(place, {})["path"] = path
    message = _refused(tree)
    assert f"{place}.path: holds a password or a signature" in message
    assert SECRET not in message


@pytest.mark.parametrize(
    "name", ["fs.s3a.secret.key", "password", "sasToken", "fs.azure.account.key.x", "parquet.encryption.key.list", "api_key"]
)
def test_an_option_that_may_be_a_secret_is_refused_and_not_repeated(name):
    tree = copy.deepcopy(LOG)
    tree["input"]["options"] = {"sep": ";", name: SECRET}
    message = _refused(tree)
    assert f"input.options: {name}: looks like a secret" in message
    assert SECRET not in message


def test_usual_paths_and_options_are_none():
    tree = copy.deepcopy(LOG)
    tree["input"] |= {"path": "abfss://box@account.dfs.core.windows.net/a b/*.csv", "options": {"sep": ";", "header": True, "quote": "'"}}
    assert settings_from_dict(tree).input.options["sep"] == ";"


@pytest.mark.parametrize("key", ["@{}", "*{}", "{}: {}: x", "'{}", "{{a: {}"])
def test_a_key_that_is_no_yaml_is_not_repeated_either(tmp_path, key):
    (tmp_path / "conf.yaml").write_text(f"privacy:\n  pseudonyms:\n    key: {key.format(SECRET, SECRET)}\n")
    for overrides in ((), (f"privacy.pseudonyms.key={key.format(SECRET, SECRET)}",), (f"privacy.pseudonyms.key {SECRET}",)):
        with pytest.raises(SettingsError) as refused:
            load_settings(tmp_path / "conf.yaml" if not overrides else REPOSITORY / "conf" / "demo.yaml", overrides)
        assert SECRET not in str(refused.value)


def test_printed_settings_name_the_place_of_the_key_alone():
    printed = as_commented_yaml(settings_from_dict(_with(KEY)))
    assert 'environment: "SEGMENTATION_KEY"' in printed
