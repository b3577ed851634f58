"""Customers without a single purchase: the well-known data set, and tables made by hand."""

import json
from datetime import UTC, date, datetime

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from segmentation import storage
from segmentation.errors import InputError
from segmentation.pipeline.run import segment
from segmentation.settings import load_settings, settings_from_dict

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
NOT_PUBLISHED = ("rejected_lines", "segment_actions")


@pytest.fixture(scope="module")
def mall(real_data):
    return real_data / "mall_customers" / "Mall_Customers.csv"


@pytest.fixture(scope="module")
def two(spark, mall, tmp_path_factory):
    """Income against spending score."""
    root = tmp_path_factory.mktemp("mall")
    unused = {f"attributes.columns.{name}.use": False for name in ("age", "gender")}
    places = {"attributes.path": str(mall), "output.path": str(root)}
    return segment(spark, load_settings("conf/mall_customers.yaml", values={**unused, **places}), NOON), root


def test_income_against_spending_score_finds_the_five_groups(two, mall):
    outcome, root = two
    segmented = duckdb.sql(
        f"SELECT CAST(customer_id AS INT) AS id, segment_id FROM '{root}/current/customer_segments/*.parquet' ORDER BY 1"
    ).df()
    customers = pd.read_csv(mall).sort_values("CustomerID")
    both = StandardScaler().fit_transform(customers[["Annual Income (k$)", "Spending Score (1-100)"]])
    oracle = KMeans(5, n_init=20, random_state=0).fit_predict(both)
    assert outcome.manifest["choice"]["k"] == 5
    assert adjusted_rand_score(oracle, segmented.segment_id) >= 0.95
    sizes = np.array([row["customers"] for row in outcome.tables["segment_summary"]])
    assert sizes.tolist() == sorted(sizes, reverse=True)
    assert np.abs(sizes - [81, 39, 35, 23, 22]).max() <= 1


def test_they_are_called_by_what_sets_them_apart(two):
    assert {row["segment_name"] for row in two[0].tables["segment_summary"]} == {
        "Close to average",
        "High annual income, high spending score",
        "High annual income, low spending score",
        "Low annual income, high spending score",
        "Low annual income, low spending score",
    }


def test_what_rests_on_purchases_is_left_out(two):
    outcome, root = two
    assert [name for name in NOT_PUBLISHED if (root / "current" / name).exists()] == []
    assert [name for name in outcome.tables["segment_summary"][0] if "revenue" in name or name == "action"] == []
    page = (root / "current" / "report.html").read_text()
    assert [word for word in ("Net revenue", "What to do about each", 'href="#revenue"') if word in page] == []
    assert "orders" not in json.loads((root / "current.json").read_text())


def test_the_day_is_that_of_the_run_where_none_is_given(two):
    assert two[0].manifest["as_of"] == "2026-01-02"


def test_all_four_attributes_are_used_where_nothing_else_is_said(spark, mall, tmp_path):
    places = {"attributes.path": str(mall), "output.path": str(tmp_path), "features.as_of": date(2020, 5, 1)}
    outcome = segment(spark, load_settings("conf/mall_customers.yaml", values=places), NOON)
    assert [row["feature"] for row in outcome.manifest["features"]] == [
        "age",
        "annual_income",
        "spending_score",
        "gender_female",
        "gender_male",
    ]
    assert (outcome.manifest["as_of"], sum(row["customers"] for row in outcome.tables["segment_summary"])) == ("2020-05-01", 200)


def _made(tmp_path, rows, **columns):
    table = tmp_path / "table.csv"
    table.write_text("No,Points,Grade,Town\n" + "".join(f"{row}\n" for row in rows))
    kinds = {"points": {"column": "Points", "type": "number"}, "town": {"column": "Town", "type": "nominal"}, **columns}
    attributes = {"format": "csv", "path": str(table), "customer_id": "No", "columns": kinds}
    clustering = {"k_max": 4, "n_init": 2, "n_bootstrap": 5}
    sections = {"attributes": attributes, "clustering": clustering, "privacy": {"min_group_size": 1}}
    return settings_from_dict({**sections, "output": {"path": str(tmp_path / "out")}})


GAPPY = [
    f"{n},{'' if n % 10 == 0 else 100 * (n % 3) + n % 7},{'low' if n % 2 else 'high'},{'' if n % 9 == 0 else 'AB'[n % 2]}"
    for n in range(1, 91)
]
GRADE = {"grade": {"column": "Grade", "type": "ordinal", "levels": ["low", "high"]}}


def test_gaps_are_filled_flagged_and_counted_and_every_way_of_scoring_agrees(spark, tmp_path):
    rows = [*GAPPY, "901,,,n/a", "902,,,", ",5,low,A", "1,,low,", "77,some,low,B", "5,many"]
    outcome = segment(spark, _made(tmp_path, rows, **GRADE), NOON)
    current = tmp_path / "out" / "current"
    attributes = outcome.manifest["attributes"]
    assert {name: attributes[name] for name in ("rows", "customers", "duplicates", "without_id", "unreadable_rows", "undescribed")} == {
        "rows": 96,
        "customers": 92,
        "duplicates": 2,
        "without_id": 1,
        "unreadable_rows": 1,
        "undescribed": 2,
    }
    assert {name: (column["missing"], column["unreadable"], column["flag"]) for name, column in attributes["columns"].items()} == {
        "points": (9, 1, "points_missing"),
        "town": (10, 0, "town_missing"),
        "grade": (0, 0, None),
    }
    flags = duckdb.sql(f"SELECT sum(points_missing), sum(town_missing), count(points) FROM '{current}/customer_features/*.parquet'")
    assert flags.fetchall() == [(9, 10, 81)]
    left_out = duckdb.sql(f"SELECT customer_id, reason FROM '{current}/unsegmented_customers/*.parquet' ORDER BY 1").fetchall()
    assert left_out == [("901", "no_attributes"), ("902", "no_attributes")]
    written = sorted(duckdb.sql(f"SELECT customer_id, segment_id FROM '{current}/customer_segments/*.parquet'").fetchall())
    scored = storage.read_model(f"{current}/model").transform(storage.read_table(spark, f"{current}/customer_features"))
    assert sorted(tuple(row) for row in scored.select("customer_id", "segment_id").collect()) == written
    connection = duckdb.connect()
    connection.sql(f"CREATE VIEW customer_features AS FROM '{current}/customer_features/*.parquet'")
    assert sorted(row[:2] for row in connection.sql((current / "model" / "scoring.sql").read_text()).fetchall()) == written


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        ([f"{n},5,low,A" for n in range(9)], GRADE, "all customers are alike in every feature used"),
        ([f"{n},{n},low,A" for n in range(3)], {}, "3 customers cannot form 3 segments of more than one customer"),
        (["1,5,low,A"], {}, "only one customer is left"),
        (
            GAPPY,
            {"age": {"column": "Pionts", "type": "number"}},
            r"(?s)'Pionts' \(attributes.columns.age.column\), did you mean 'Points'\?",
        ),
        (GAPPY, {"grade": {"column": "Grade", "type": "number"}}, "columns.grade: none of 90 values in 'Grade' can be read as number"),
        (["1,5,low,A", "1,6,low,A", "2,5,low,A"], {}, r"contradict one another, by attribute: points \(1\)"),
        ([], {}, "the customer table holds no rows"),
    ],
)
def test_what_cannot_be_segmented_is_refused(spark, tmp_path, rows, columns, message):
    with pytest.raises(InputError, match=message):
        segment(spark, _made(tmp_path, rows, **columns), NOON)
    assert list((tmp_path / "out" / "runs").iterdir()) == []


def test_a_feature_without_variance_is_reported_and_has_no_effect(spark, tmp_path):
    rows = [f"{n},{100 * (n % 3) + n % 7},low,A" for n in range(60)]
    outcome = segment(spark, _made(tmp_path, rows, **GRADE), NOON)
    assert {row["feature"]: row["constant"] for row in outcome.manifest["features"]} == {"points": False, "town_a": True, "grade": True}
