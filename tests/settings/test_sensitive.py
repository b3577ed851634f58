"""A sensitive attribute is never used by accident: it takes two words, one where it is declared and one that allows it."""

import pytest

from segmentation.errors import SettingsError
from segmentation.settings import as_commented_yaml, load_settings, settings_from_dict

AGE = {"column": "Age", "type": "number"}
GENDER = {"column": "Gender", "type": "nominal", "sensitive": True}


def _settings(columns, allow=()):
    table = {"format": "csv", "path": "t.csv", "customer_id": "No", "columns": {"age": AGE, **columns}}
    return settings_from_dict({"attributes": table, "privacy": {"allow_sensitive": list(allow)}})


def _fault(columns, allow=()):
    with pytest.raises(SettingsError) as raised:
        _settings(columns, allow)
    return str(raised.value).removeprefix("settings: 1 error in the settings\n  - settings: ")


def test_declared_sensitive_it_is_not_used_where_nothing_else_is_said():
    attributes = _settings({"gender": GENDER}).attributes
    assert (attributes.columns["gender"].use, attributes.columns["age"].use) == (False, True)
    assert (attributes.sensitive, attributes.unused_sensitive) == (["gender"], ["gender"])


def test_use_alone_is_a_fault_that_says_what_to_do():
    assert _fault({"gender": GENDER | {"use": True}}) == (
        "attributes.columns.gender is sensitive, and use: true would compare customers by it: remove use, "
        "or allow it by name with privacy.allow_sensitive: [gender]"
    )


def test_leave_alone_does_not_use_it():
    assert _settings({"gender": GENDER}, ["gender"]).attributes.unused_sensitive == ["gender"]


def test_used_and_allowed_it_is_a_feature_like_any_other():
    attributes = _settings({"gender": GENDER | {"use": True}}, ["gender"]).attributes
    assert (attributes.columns["gender"].use, attributes.sensitive, attributes.unused_sensitive) == (True, ["gender"], [])


def test_without_weight_it_is_withheld_though_used():
    assert _settings({"gender": GENDER | {"use": True, "weight": 0.0}}).attributes.unused_sensitive == ["gender"]


@pytest.mark.parametrize(
    ("allowed", "fault"),
    [
        ("gendr", "privacy.allow_sensitive: 'gendr' is not an attribute declared sensitive, did you mean 'gender'?"),
        ("age", "privacy.allow_sensitive: 'age' is not an attribute declared sensitive; declared sensitive: gender"),
    ],
)
def test_a_name_that_is_not_sensitive_is_not_allowed(allowed, fault):
    assert _fault({"gender": GENDER}, [allowed]) == fault


def test_nothing_is_allowed_without_a_customer_table():
    log = {"format": "csv", "path": "l.csv", "columns": {"customer_id": "c", "ordered_at": "t", "amount": "a"}}
    with pytest.raises(SettingsError, match="names attributes, and no customer table is given"):
        settings_from_dict({"input": log, "privacy": {"allow_sensitive": ["gender"]}})


def test_a_second_name_for_the_same_column_is_no_way_around():
    assert _fault({"gender": GENDER, "salutation": {"column": "Gender", "type": "nominal"}}) == (
        "attributes.columns.salutation reads the column of gender, which is sensitive: declare it sensitive, too"
    )


def test_sensitive_attributes_alone_leave_nothing_to_compare_by():
    with pytest.raises(SettingsError, match="attributes uses none"):
        settings_from_dict({"attributes": {"format": "csv", "path": "t.csv", "customer_id": "No", "columns": {"gender": GENDER}}})


def test_the_page_cannot_show_customers_by_it():
    with pytest.raises(SettingsError, match="needs features that customers are compared by, found gender_female"):
        settings_from_dict(
            {
                "attributes": {"format": "csv", "path": "t.csv", "customer_id": "No", "columns": {"age": AGE, "gender": GENDER}},
                "report": {"scatter": ["age", "gender_female"]},
            }
        )


def test_effective_settings_read_back_are_the_same(tmp_path):
    settings = _settings({"gender": GENDER})
    (tmp_path / "s.yaml").write_text(as_commented_yaml(settings))
    assert load_settings(tmp_path / "s.yaml") == settings
