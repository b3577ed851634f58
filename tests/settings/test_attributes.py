"""A customer table's settings: what kind each attribute is of is said, never guessed."""

import pytest

from segmentation.errors import SettingsError
from segmentation.settings import FeatureSettings, load_settings, settings_from_dict

AGE = {"column": "Age", "type": "number"}


def _settings(columns, **sections):
    return settings_from_dict({"attributes": {"format": "csv", "path": "t.csv", "customer_id": "No", "columns": columns}, **sections})


def _fault(columns, **sections):
    with pytest.raises(SettingsError) as raised:
        _settings(columns, **sections)
    return str(raised.value).removeprefix("settings: 1 error in the settings\n  - ")


def test_a_customer_table_will_do_without_a_log():
    settings = _settings({"age": AGE})
    assert (settings.input, settings.has_products, settings.has_categories) == (None, False, False)
    assert settings.attributes.columns["age"].use


def test_an_attribute_is_weighed_and_transformed_like_any_feature():
    column = _settings({"age": AGE | {"weight": 2.0, "transform": "cap", "cap_quantiles": [0.1, 0.9]}}).attributes.columns["age"]
    assert isinstance(column, FeatureSettings)
    assert (column.use, column.weight, column.transform, column.cap_quantiles) == (True, 2.0, "cap", (0.1, 0.9))


@pytest.mark.parametrize(
    ("column", "fault"),
    [
        ({"type": "ordinal"}, "an ordinal attribute needs its levels, the lowest first: levels: [low, middle, high]"),
        ({"type": "ordinal", "levels": ["low", " LOW"]}, "levels must differ, found 'low' more than once"),
        ({"type": "number", "levels": ["1", "2"]}, "a number has no levels; is it ordinal or nominal?"),
        ({"type": "nominal", "transform": "log1p"}, "transform log1p is for numbers, and the attribute is nominal"),
        ({"type": "guess"}, "input should be 'number', 'ordinal', 'nominal' or 'boolean' (found 'guess')"),
    ],
)
def test_a_type_that_does_not_fit_is_a_fault(column, fault):
    assert _fault({"grade": {"column": "Grade", **column}}).endswith(fault)


@pytest.mark.parametrize("name", ["customer_id", "margin", "category_share_toys", "ready_1", "recency_days"])
def test_an_attribute_must_not_be_called_like_another_column(name):
    assert _fault({name: AGE}) == f"settings: attributes.columns: {name}: another column has this name; choose another one"


def test_nor_like_the_flag_of_another():
    fault = _fault({"age": AGE, "age_missing": AGE})
    assert fault == "settings: attributes.columns: age_missing: another column has this name; choose another one"


def test_names_of_attributes_are_names_of_columns():
    assert _fault({"Annual Income": AGE}).startswith("attributes.columns.Annual Income.[key]: string should match pattern")


def test_an_attribute_given_twice_is_a_fault(tmp_path):
    config = tmp_path / "twice.yaml"
    columns = "{age: {column: a, type: number}, age: {column: b, type: number}}"
    config.write_text(f"attributes: {{format: csv, path: t.csv, customer_id: No, columns: {columns}}}")
    with pytest.raises(SettingsError, match="given twice: age"):
        load_settings(config)


def test_a_table_of_which_nothing_is_used_is_a_fault():
    fault = _fault({"age": AGE | {"use": False}, "sex": {"column": "Sex", "type": "nominal", "weight": 0}})
    assert fault == "settings: attributes uses none: set use: true on at least one"


def test_with_a_log_no_attribute_needs_to_be_used():
    log = {"format": "csv", "path": "log.csv", "columns": {"customer_id": "c", "ordered_at": "t", "amount": "a"}}
    assert _settings({"age": AGE | {"use": False}}, input=log).attributes.is_used is False


def test_categories_need_a_log():
    patterns = {"patterns": [{"category": "bags", "pattern": "BAG"}]}
    assert _fault({"age": AGE}, categories=patterns) == "settings: categories describe the lines of a log, and no input is given"


def test_a_misspelt_key_of_an_attribute_names_the_nearest():
    assert _fault({"age": AGE | {"transfrom": "cap"}}) == "attributes.columns.age.transfrom: unknown key, did you mean 'transform'?"
