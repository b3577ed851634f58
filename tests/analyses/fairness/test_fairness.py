"""A run with sensitive attributes: no table has them, and how far segments reveal them is published."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency
from scipy.stats.contingency import association

from segmentation.pipeline.run import segment
from segmentation.settings import settings_from_dict

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
    root = tmp_path_factory.mktemp("fairness")
    table.to_csv(root / "table.csv", index=False)
    source = {"format": "csv", "path": str(root / "table.csv"), "customer_id": "No", "columns": COLUMNS}
    clustering = {"k": 3, "n_init": 2, "n_bootstrap": 2, "n_references": 2}
    settings = settings_from_dict({"attributes": source, "clustering": clustering, "output": {"path": str(root / "out")}})
    return segment(spark, settings, NOON), root / "out" / "current"


@pytest.fixture(scope="module")
def rows(run):
    _, current = run
    return {row["attribute"]: row for row in duckdb.sql(f"FROM '{current}/sensitive_attributes/*.parquet'").df().to_dict("records")}


def crossed(table, current, column):
    segments = duckdb.sql(f"SELECT customer_id AS \"No\", segment_id FROM '{current}/customer_segments/*.parquet'").df()
    joined = table.merge(segments, on="No")
    return pd.crosstab(joined["segment_id"], joined[column])


def test_planted_associations_are_measured(rows):
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
    row = rows[name]
    assert row["cramers_v"] == pytest.approx(min(v, 1), abs=5e-4)
    assert row["p_value"] == pytest.approx(chi2_contingency(counts, correction=False).pvalue, abs=5e-4)
    assert row["accuracy"] == pytest.approx(counts.max(axis=1).sum() / n, abs=5e-4)
    assert row["balanced_accuracy"] == pytest.approx((counts / counts.sum(axis=0)).max(axis=1).sum() / c, abs=5e-4)


def test_small_levels_are_left_out(rows):
    assert (rows["faith"]["levels"], rows["faith"]["customers"]) == (2, 596)
    assert rows["born"]["levels"] == 5


def test_no_file_of_the_run_has_an_unused_sensitive_attribute(run):
    _, current = run
    tables = {folder.name: duckdb.sql(f"FROM '{folder}/*.parquet'") for folder in Path(current).iterdir() if any(folder.glob("*.parquet"))}
    assert len(tables) >= 9
    columns = [f"{name}.{column}" for name, table in tables.items() for column in table.columns]
    assert [column for column in columns if any(word in column for word in ("origin", "faith", "born", "disabled"))] == []
    assert "customer_features.income" in columns
    cells = " ".join(table.df().to_csv() for table in tables.values())
    files = [path for path in Path(current).resolve().rglob("*") if path.suffix in (".json", ".html", ".sql")]
    texts = [cells, *(path.read_text(encoding="utf-8") for path in files)]
    assert len(texts) >= 4
    assert [word for word in (*LEVELS, "Faith0", "Rarefaith") if any(word.lower() in text.lower() for text in texts)] == []


def test_the_manifest_and_the_page_have_the_audit(run):
    result, current = run
    assert {row["attribute"] for row in result.manifest["analyses"]["fairness"]["sensitive_attributes"]} == {
        "origin",
        "faith",
        "born",
        "disabled",
    }
    assert result.manifest["tables"]["sensitive_attributes"] == 4
    origin = result.manifest["attributes"]["columns"]["origin"]
    assert (origin["sensitive"], origin["features"], origin["flag"]) == (True, {}, None)
    page = (Path(current) / "report.html").read_text(encoding="utf-8")
    assert "Segments reveal much about origin" in page
    assert "Segments reveal no more about faith than chance would" in page
    assert "The feature that reveals most is Income" in page
