"""From a file and overrides to settings: every fault named, what was found, and what is allowed."""

import textwrap
from datetime import date

import pytest

from segmentation.errors import SettingsError
from segmentation.settings import Settings, load_settings, settings_from_dict

SECTIONS = ", ".join(Settings.model_fields)

INPUT = """
input:
  format: csv
  path: log.csv
  columns: {customer_id: Customer, ordered_at: Date, amount: Amount}
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "shop.yaml"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return write


@pytest.fixture
def faults(written):
    """The lines of the report on a file that begins with a usable input section."""

    def report(text, *overrides):
        with pytest.raises(SettingsError) as raised:
            load_settings(written(INPUT + textwrap.dedent(text)), overrides)
        first, *lines = str(raised.value).splitlines()
        count = len(lines)
        assert first.endswith(f"{count} error{'s' if count > 1 else ''} in the settings")
        return [line.removeprefix("  - ") for line in lines]

    return report


@pytest.fixture
def refused(written):
    """The whole message on a text that never becomes settings."""

    def message(text, *overrides):
        with pytest.raises(SettingsError) as raised:
            load_settings(written(text), overrides)
        return str(raised.value)

    return message


def test_every_kind_of_error_is_in_one_report(faults):
    assert faults(
        """
        colour: blue
        rules: {max_rejected_share: 1.5, history_start: yesterday}
        categories: {lookup: {format: csv, path: products.csv, product_id: Code}}
        features: {value: {recency_days: {cap_quantiles: [0.9, 0.1]}}}
        clustering: {n_bootstap: 8, seed: "42", k_min: 7, k_max: 5}
        """
    ) == [
        "rules.history_start: input should be a valid date in the format YYYY-MM-DD, input is too short (found 'yesterday')",
        "rules.max_rejected_share: input should be less than or equal to 1 (found 1.5)",
        "categories.lookup.category: needed, but not given",
        "features.value.recency_days: cap_quantiles must rise, found 0.9 and 0.1",
        "clustering.seed: input should be a valid integer (found '42')",
        "clustering.n_bootstap: unknown key, did you mean 'n_bootstrap'?",
        f"colour: unknown key; known here: {SECTIONS}",
        "clustering: k_min (7) must not be above k_max (5)",
    ]


def test_sections_that_disagree_are_reported_together_with_single_errors(faults):
    assert faults(
        """
        rules: {excluded_products: [POST], void_within_hours: -1}
        categories: {patterns: [{category: bags, pattern: BAG}]}
        colour: blue
        """
    ) == [
        "rules.void_within_hours: input should be greater than or equal to 0 (found -1)",
        f"colour: unknown key; known here: {SECTIONS}",
        "settings: categories.patterns read input.columns.description, which is not mapped; "
        "rules.excluded_products needs input.columns.product_id, which is not mapped",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("clusterin: {}", "clusterin: unknown key, did you mean 'clustering'?"),
        ("features: {value: {recency: {}}}", "features.value.recency: unknown key, did you mean 'recency_days'?"),
        ("features: {value: {recency_days: {user: true}}}", "features.value.recency_days.user: unknown key, did you mean 'use'?"),
        ("output: {zzz: 1}", "output.zzz: unknown key; known here: path, permissions"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_or_all_known_ones(faults, text, fault):
    assert faults(text) == [fault]


def test_an_unknown_key_in_a_list_is_named_with_its_place_and_the_nearest(faults):
    text = "categories: {patterns: [{category: a, pattern: b}, {category: c, pattern: d, patern: e}]}"
    assert faults(text) == ["categories.patterns.1.patern: unknown key, did you mean 'pattern'?"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("clustering: {n_init: three}", "clustering.n_init: input should be a valid integer (found 'three')"),
        ("clustering: {n_init: 2.5}", "clustering.n_init: input should be a valid integer (found 2.5)"),
        ("clustering: {n_init: true}", "clustering.n_init: input should be a valid integer (found True)"),
        ("report: {title: 7}", "report.title: input should be a valid string (found 7)"),
        ("features: {value: {recency_days: {use: 1}}}", "features.value.recency_days.use: input should be a valid boolean (found 1)"),
        ("rules: {excluded_products: POST}", "rules.excluded_products: input should be a valid array (found 'POST')"),
        ("features: {as_of: 20111209}", "features.as_of: input should be a valid date (found 20111209)"),
        ("clustering:", "clustering: input should be an object (found None)"),
    ],
)
def test_a_value_of_a_wrong_type_is_not_converted(faults, text, fault):
    assert faults(text) == [fault]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("clustering: {k: 1}", "clustering.k: input should be greater than or equal to 2 (found 1)"),
        ("clustering: {min_segment_share: 0.5}", "clustering.min_segment_share: input should be less than 0.5 (found 0.5)"),
        ("clustering: {min_segment_share: .nan}", "clustering.min_segment_share: input should be less than 0.5 (found nan)"),
        ("rules: {void_within_hours: -1}", "rules.void_within_hours: input should be greater than or equal to 0 (found -1)"),
        ("rules: {exact_duplicates: drop}", "rules.exact_duplicates: input should be 'keep' or 'reject' (found 'drop')"),
        ("report: {title: ''}", "report.title: string should have at least 1 character (found '')"),
        ("features: {block_weights: {value: .inf}}", "features.block_weights.value: input should be a finite number (found inf)"),
    ],
)
def test_an_impossible_value_is_named_with_what_is_allowed(faults, text, fault):
    assert faults(text) == [fault]


def test_missing_keys_are_named_one_by_one(refused):
    assert refused("input: {path: log.csv, columns: {amount: a}}").splitlines()[1:] == [
        "  - input.format: needed, but not given",
        "  - input.columns.customer_id: needed, but not given",
        "  - input.columns.ordered_at: needed, but not given",
    ]


def test_a_file_without_input_says_that_it_is_needed(refused):
    fault = "neither input, a transaction log, nor attributes, a customer table, is given: a run needs one of them, or both"
    assert f"  - settings: {fault}" in refused("report: {title: Shop}").splitlines()


def test_keys_given_twice_are_named(refused):
    message = refused("input: {}\nrules: {}\noutput: {path: out}\nrules: {}\ninput: {}\n")
    assert "given twice: input, rules\n" in message


def test_a_key_given_twice_further_down_is_named_with_its_line(refused):
    message = refused("input:\n  path: a\n  columns:\n    amount: x\n    amount: y\n")
    assert "given twice: amount\n" in message
    assert "line 4" in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("input: [csv", "not readable as YAML"),
        ("input:\n\tpath: log.csv\n", "not readable as YAML"),
        ("input: !!python/object:os.system {}", "not readable as YAML"),
        ("", "expected sections such as 'input:', found NoneType"),
        ("- input\n", "expected sections such as 'input:', found list"),
    ],
)
def test_a_text_that_is_no_settings_says_so(refused, text, said):
    message = refused(text)
    assert said in message
    assert "shop.yaml: " in message


def test_a_file_that_is_not_there_is_answered_with_the_nearest_name(written):
    near = written(INPUT)
    with pytest.raises(SettingsError, match=r"shpo\.yaml: no such settings file \(did you mean .*shop\.yaml\?\)"):
        load_settings(near.parent / "shpo.yaml")


def test_a_file_with_no_name_near_is_answered_without_a_guess(tmp_path):
    with pytest.raises(SettingsError, match=r"shop\.yaml: no such settings file$"):
        load_settings(tmp_path / "shop.yaml")


def test_a_folder_or_other_encoding_cannot_be_read(tmp_path):
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("report: {title: Café}".encode("latin-1"))
    for path in (tmp_path, latin):
        with pytest.raises(SettingsError, match="the settings file cannot be read"):
            load_settings(path)


def test_what_a_file_says_becomes_settings(written):
    settings = load_settings(written(INPUT + "clustering: {k_max: 8}\nreport: {title: Shop}\n"))
    assert settings.input.columns.mapped() == {"customer_id": "Customer", "ordered_at": "Date", "amount": "Amount"}
    assert (settings.clustering.k_max, settings.clustering.k_min, settings.report.title) == (8, 3, "Shop")


def test_lists_and_dates_of_yaml_are_read_as_such(written):
    columns = "{customer_id: c, ordered_at: t, amount: a, product_id: p}"
    settings = load_settings(
        written(
            f"""
            input: {{format: csv, path: log.csv, columns: {columns}, missing_values: [NA, " Unknown "]}}
            rules: {{excluded_products: [POST, gift_*], history_start: 2010-12-01}}
            features: {{as_of: "2011-12-10", value: {{recency_days: {{cap_quantiles: [0.05, 0.95]}}}}}}
            """
        )
    )
    assert settings.rules.excluded_products == ("POST", "gift_*")
    assert settings.input.missing_values == ("na", "unknown")
    assert settings.features.value.recency_days.cap_quantiles == (0.05, 0.95)
    assert (settings.rules.history_start, settings.features.as_of) == (date(2010, 12, 1), date(2011, 12, 10))


def test_overrides_lie_over_the_file_as_yaml_values(written):
    settings = load_settings(
        written(INPUT + "clustering: {k_max: 8, n_init: 5}\n"),
        ["clustering.k_max=6", "features.as_of=2011-12-10", "input.missing_values=[x, y]", "report.title=a=b", "output.path= out "],
    )
    assert (settings.clustering.k_max, settings.clustering.n_init) == (6, 5)
    assert settings.features.as_of == date(2011, 12, 10)
    assert settings.input.missing_values == ("x", "y")
    assert (settings.report.title, settings.output.path) == ("a=b", "out")


def test_the_last_of_two_overrides_wins(written):
    settings = load_settings(written(INPUT), ["clustering.seed=1", "clustering.seed=2"])
    assert settings.clustering.seed == 2


def test_errors_of_overrides_are_in_the_same_report(faults):
    assert faults("colour: blue\n", "clustering.seed=x", "clustering.sed=1", "input.columns.customerid=x") == [
        "input.columns.customerid: unknown key, did you mean 'customer_id'?",
        "clustering.seed: input should be a valid integer (found 'x')",
        "clustering.sed: unknown key, did you mean 'seed'?",
        f"colour: unknown key; known here: {SECTIONS}",
    ]


@pytest.mark.parametrize("override", ["clustering.seed", "=3", "clustering.seed 3"])
def test_an_override_that_assigns_nothing_shows_an_example(refused, override):
    assert refused(INPUT, override) == f"--set {override}: expected key.sub=value, such as clustering.k_max=8"


def test_an_override_that_is_no_yaml_is_named(refused):
    assert refused(INPUT, "report.title=a: b").startswith("--set report.title=a: b: not readable as YAML")


def test_values_lie_over_file_and_overrides_unless_they_are_none(written):
    settings = load_settings(
        written(INPUT + "report: {title: Shop}\n"),
        ["output.path=from_set"],
        {"output.path": "from_value", "report.title": None, "features.as_of": "2011-12-10"},
    )
    assert (settings.output.path, settings.report.title, settings.features.as_of) == ("from_value", "Shop", date(2011, 12, 10))


def test_a_plain_tree_is_validated_under_the_name_it_came_from():
    with pytest.raises(
        SettingsError, match=r"^notebook: 1 error in the settings\n  - settings: neither input, a transaction log, nor attributes"
    ):
        settings_from_dict({}, "notebook")


def test_small_numbers_may_be_written_with_an_exponent(tmp_path):
    config = tmp_path / "small.yaml"
    config.write_text(INPUT + "clustering: {tol: 1e-5}\n")
    assert load_settings(config).clustering.tol == 0.00001


def test_a_key_that_is_no_text_is_an_unknown_key(tmp_path):
    config = tmp_path / "dated.yaml"
    config.write_text(INPUT + "2011-01-02: 3\n")
    with pytest.raises(SettingsError, match="2011-01-02: unknown key"):
        load_settings(config)


def test_yaml_merge_keys_are_taken(tmp_path):
    config = tmp_path / "merged.yaml"
    config.write_text(INPUT + "features: {value: {recency_days: &f {weight: 3.0}, tenure_days: {<<: *f, use: true}}}\n")
    value = load_settings(config).features.value
    assert (value.tenure_days.weight, value.tenure_days.use) == (3.0, True)
