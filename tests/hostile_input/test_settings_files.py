"""A hostile settings file ends at once in a report of what is wrong; nothing in it runs, and nothing in it is repeated at length."""

import math
from itertools import product

import pytest

from hostile_input.settings_files import FILES, INPUT, OVERRIDES
from segmentation.errors import SettingsError
from segmentation.settings import Settings, load_settings

LONGEST_REPORT = 6_000


@pytest.fixture
def loaded(tmp_path):
    def load(content, *overrides):
        path = tmp_path / "hostile.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_settings(path, overrides)

    return load


def _refused(load, words, *arguments):
    with pytest.raises(SettingsError) as refusal:
        load(*arguments)
    said = str(refusal.value)
    assert words in said, said[:2_000]
    assert len(said) < LONGEST_REPORT


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", FILES)
def test_a_hostile_settings_file_is_refused(loaded, name):
    content, words = FILES[name]
    if words is None:
        assert isinstance(loaded(content), Settings)
    else:
        _refused(loaded, words, content)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("override", OVERRIDES, ids=lambda text: ascii(text[:40]))
def test_a_hostile_override_is_refused(loaded, override):
    _refused(loaded, OVERRIDES[override], INPUT, override)


VALUES = [
    "~",
    ".nan",
    ".inf",
    "-1",
    "1e300",
    str(10**40),
    "''",
    "x",
    "[]",
    "{}",
    "[[]]",
    "{a: 1}",
    "true",
    "2024-01-01",
    "!!null x",
    "'\\u0000'",
]


def _keys(section, prefix=""):
    for name, field in section.model_fields.items():
        inner = [kind for kind in getattr(field.annotation, "__args__", (field.annotation,)) if hasattr(kind, "model_fields")]
        yield f"{prefix}{name}"
        if inner:
            yield from _keys(inner[0], f"{prefix}{name}.")


@pytest.mark.timeout(300)
def test_no_value_of_any_key_ends_in_anything_but_settings_or_a_report(loaded):
    keys = list(_keys(Settings))
    assert len(keys) > 80
    ends = {(key, value): _end(loaded, f"{key}={value}") for key, value in product(keys, VALUES)}
    settings = {which: end for which, end in ends.items() if isinstance(end, Settings)}
    assert [which for which, end in settings.items() if not all(map(math.isfinite, _numbers(end.model_dump())))] == []
    assert [which for which, end in ends.items() if which not in settings and len(end) > LONGEST_REPORT] == []
    assert 0 < len(settings) < len(ends) / 2


def _end(load, override):
    try:
        return load(INPUT, override)
    except SettingsError as refusal:
        return str(refusal)


def _numbers(value_or_values):
    if isinstance(value_or_values, dict):
        return [number for value in value_or_values.values() for number in _numbers(value)]
    if isinstance(value_or_values, list | tuple):
        return [number for value in value_or_values for number in _numbers(value)]
    return [value_or_values] if isinstance(value_or_values, float) else []
