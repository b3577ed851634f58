"""A run with sensitive attributes: no table knows them, and what segments give away is measured and told."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency
from scipy.stats.contingency import association

from segmentation.settings import validated
from segmentation.workflows.segment import segment

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
LEVELS = ("Zorblaxian", "Quuxish", "Wibblese")
COLUMNS = {
    "income": {"column": "Income", "type": "number"},
    "visits": {"column": "Visits", "type": "number", "weight": 0.2},
    "origin": {"column": "Origin", "type": "nominal", "sensitive": True},
    "faith": {"column": "Faith", "type": "nominal", "sensitive": True},
    "born": {"column": "Born", "type": "number", "sensitive": True},
    "disabled": {"column": "Disabled", "type": "boolean", "sensitive": True},
}


@pytest.fixture(scope="module")
def table():
    """600 customers of three kinds: origin goes with income, birth with visits a little, faith with nothing; four have a rare faith."""
    rng = np.random.default_rng(8)
    kind = np.repeat([0, 1, 2], 200)
    faith = np.array([f"Faith{level}" for level in rng.integers(0, 2, 600)])
    faith[:4] = "Rarefaith"
    return pd.DataFrame(
        {
            "No": [f"c{n:03d}" for n in range(600)],
            "Income": np.array([20, 50, 90])[kind] + rng.normal(0, 2, 600).round(2),
            "Visits": rng.integers(1, 30, 600),
            "Origin": np.array(LEVELS)[kind],
            "Faith": faith,
            "Born": 1950 + 5 * kind + rng.integers(0, 40, 600),
            "Disabled": np.where(rng.random(600) < np.array([0.1, 0.25, 0.5])[kind], "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def run(spark, table, tmp_path_factory):
    root = tmp_path_factory.mktemp("proxies")
    table.to_csv(root / "table.csv", index=False)
    source = {"format": "csv", "path": str(root / "table.csv"), "customer_id": "No", "columns": COLUMNS}
    clustering = {"segments": 3, "restarts": 2, "draws": 2, "references": 2}
    settings = validated({"attributes": source, "clustering": clustering, "output": {"path": str(root / "out")}})
    return segment(spark, settings, NOON), root / "out" / "current"


@pytest.fixture(scope="module")
def rows(run):
    _, current = run
    return {row["attribute"]: row for row in duckdb.sql(f"FROM '{current}/sensitive_attributes/*.parquet'").df().to_dict("records")}


def crossed(table, current, column):
    segments = duckdb.sql(f"SELECT customer_id AS \"No\", segment_id FROM '{current}/customer_segments/*.parquet'").df()
    joined = table.merge(segments, on="No")
    return pd.crosstab(joined["segment_id"], joined[column])


def test_what_is_planted_is_found(rows):
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "origin": "strongly",
        "faith": "no more than chance",
        "born": "some",
        "disabled": "some",
    }
    assert rows["origin"]["cramers_v"] > 0.99
    assert rows["faith"]["cramers_v"] < 0.1
    assert (rows["origin"]["balanced_accuracy"], rows["origin"]["balanced_accuracy_without"]) == (1, 0.333)
    assert (rows["origin"]["closest_feature"], rows["origin"]["used"]) == ("income", False)


@pytest.mark.parametrize("name", ["origin", "disabled"])
def test_the_measures_are_those_of_the_published_segments(run, rows, table, name):
    counts = crossed(table, run[1], name.title()).to_numpy()
    n, (r, c) = counts.sum(), counts.shape
    phi2 = max(0, association(counts, method="cramer") ** 2 * (min(r, c) - 1) - (r - 1) * (c - 1) / (n - 1))
    v = np.sqrt(phi2 / (min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1))
    found = rows[name]
    assert found["cramers_v"] == pytest.approx(min(v, 1), abs=5e-4)
    assert found["p_value"] == pytest.approx(chi2_contingency(counts, correction=False).pvalue, abs=5e-4)
    assert found["accuracy"] == pytest.approx(counts.max(axis=1).sum() / n, abs=5e-4)
    assert found["balanced_accuracy"] == pytest.approx((counts / counts.sum(axis=0)).max(axis=1).sum() / c, abs=5e-4)


def test_a_level_of_too_few_is_not_told_of(rows):
    assert (rows["faith"]["levels"], rows["faith"]["customers"]) == (2, 596)
    assert rows["born"]["levels"] == 5


def test_no_table_holds_what_is_withheld(run):
    _, current = run
    tables = {folder.name: duckdb.sql(f"FROM '{folder}/*.parquet'") for folder in Path(current).iterdir() if any(folder.glob("*.parquet"))}
    assert len(tables) >= 9
    columns = [f"{name}.{column}" for name, found in tables.items() for column in found.columns]
    assert [column for column in columns if any(word in column for word in ("origin", "faith", "born", "disabled"))] == []
    assert "customer_features.income" in columns
    cells = " ".join(found.df().to_csv() for found in tables.values())
    files = [path for path in Path(current).resolve().rglob("*") if path.suffix in (".json", ".html", ".sql")]
    texts = [cells, *(path.read_text(encoding="utf-8") for path in files)]
    assert len(texts) >= 4
    assert [word for word in (*LEVELS, "Faith0", "Rarefaith") if any(word.lower() in text.lower() for text in texts)] == []


def test_the_manifest_and_the_page_tell_it(run):
    outcome, current = run
    assert {row["attribute"] for row in outcome.manifest["sensitive_attributes"]} == {"origin", "faith", "born", "disabled"}
    assert outcome.manifest["tables"]["sensitive_attributes"] == 4
    told = outcome.manifest["attributes"]["columns"]["origin"]
    assert (told["sensitive"], told["features"], told["flag"]) == (True, {}, None)
    page = (Path(current) / "report.html").read_text(encoding="utf-8")
    assert "Segments say much about origin" in page
    assert "Segments tell no more about faith than chance would" in page
    assert "Of the features, Income tells most" in page
