"""A whole run tells nothing of a small group: somebody reads every table, the page and the manifest, and tries."""

import json
import re
from datetime import UTC, date, datetime

import duckdb
import numpy as np
import pytest
from oracle.attacker import ranges, widths

from segmentation.workflows.segment import segment

SMALLEST = 15
PER_PERSON = {"customer_features", "customer_segments", "next_products", "rejected_lines", "unsegmented_customers"}
COUNTS = re.compile(r"(^|_)customers$")
SHARES = {"border_share": "customers", "silhouette_below_0_share": "customers", "precision": "sample_customers"}


@pytest.fixture(scope="module")
def run(spark, settings_for, tmp_path_factory):
    """A run in which many groups are small."""
    root = tmp_path_factory.mktemp("small")
    values = {"privacy.smallest_group": SMALLEST, "clustering.segments": 3, "usefulness.cut": date(2025, 10, 1)}
    fewer = {"clustering.draws": 2, "clustering.references": 2, "baskets.use": True, "baskets.most_products": 40, "baskets.least_orders": 5}
    outcome = segment(spark, settings_for(root, **values, **fewer), datetime(2026, 1, 1, tzinfo=UTC))
    return outcome, root / "current"


def table(run, name):
    return duckdb.sql(f"FROM '{run[1]}/{name}/*.parquet' ORDER BY ALL").df()


def summaries(run):
    names = [name for name in run[0].manifest["tables"] if name not in PER_PERSON]
    assert len(names) > 12
    return {name: table(run, name) for name in names}


def few(values):
    """Counts that tell of a small group."""
    values = np.asarray(values, dtype=float)
    return values[(np.round(values) > 0) & (np.round(values) < SMALLEST)]


def test_no_count_of_customers_in_any_table_is_of_a_small_group(run):
    seen = 0
    for name, rows in summaries(run).items():
        counts = rows[rows["subject"] == "customers"][["count", "count_any"]] if name == "accounting" else rows.filter(regex=COUNTS)
        seen += counts.notna().to_numpy().sum()
        assert len(few(counts.astype("Float64").to_numpy(dtype=float, na_value=np.nan))) == 0, name
    assert seen > 50


def test_no_share_of_a_known_count_gives_a_small_group_back(run):
    for name, rows in summaries(run).items():
        for share, base in SHARES.items():
            if {share, base} <= set(rows.columns):
                parts = rows[share].astype(float) * rows[base].astype(float)
                assert len(few(parts)) == len(few(rows[base].astype(float) - parts)) == 0, (name, share)
    again = table(run, "usefulness_segments").query("outcome == 'repurchase'").astype({"customers": float, "mean": float})
    assert len(few(again["customers"] * again["mean"])) == len(few(again["customers"] * (1 - again["mean"]))) == 0


def test_cells_of_the_rfm_table_kept_back_stay_open_to_who_knows_everything_else(run):
    overlap, baseline, summary = (table(run, name) for name in ("rfm_overlap", "rfm_baseline", "segment_summary"))
    names = sorted(baseline["rfm_segment"])
    wide = overlap.assign(told=overlap["customers"].astype(float).fillna(-1)).pivot(
        index="segment_id", columns="rfm_segment", values="told"
    )
    cells = wide[names].fillna(0).replace(-1, np.nan).to_numpy(dtype=float)
    columns = baseline.set_index("rfm_segment").loc[names, "customers"].astype(float).to_numpy()
    assert np.isnan(cells).sum() > 4
    assert np.isnan(cells).sum() < cells.size
    found = ranges(cells, summary["customers"].to_numpy(dtype=float), columns, summary["customers"].sum())
    assert min(widths(found)) >= SMALLEST - 1


def test_what_is_kept_back_of_the_rfm_table_is_no_more_than_what_is_told_is_true(run):
    overlap = table(run, "rfm_overlap").dropna(subset="customers")
    sizes = dict(zip(*table(run, "segment_summary")[["segment_id", "customers"]].to_numpy().T, strict=True))
    assert all(row["customers"] <= sizes[row["segment_id"]] for row in overlap.to_dict("records"))


def buyers(run, retailer, name):
    """Buyers counted by an outside reader; what was bought and voided is rare, and counts here too."""
    customers = f"'{run[1]}/customer_segments/*.parquet'"
    if name == "segment_products":
        bought = f"SELECT DISTINCT customer_id, product_id FROM '{retailer}/transactions/*.parquet' WHERE quantity > 0 AND unit_price > 0"
        counted = f"SELECT segment_id, product_id, count(*) AS customers FROM ({bought}) JOIN {customers} USING (customer_id) GROUP BY ALL"
        return duckdb.sql(counted).df()
    features = f"'{run[1]}/customer_features/*.parquet' JOIN {customers} USING (customer_id)"
    parts = [
        f"SELECT segment_id, '{category}' AS category, count_if(category_share_{slug} > 0) AS customers FROM {features} GROUP BY 1"
        for slug, category in run[0].manifest["categories"].items()
    ]
    return duckdb.sql(" UNION ALL ".join(parts)).df()


@pytest.mark.parametrize(("name", "thing"), [("segment_products", "product_id"), ("segment_categories", "category")])
def test_buyers_kept_back_stay_open_to_who_knows_the_totals_that_lifts_tell(run, retailer, name, thing):
    told = table(run, name).pivot(index="segment_id", columns=thing, values="customers").astype(float)
    counted = buyers(run, retailer, name).pivot(index="segment_id", columns=thing, values="customers")
    counted = counted.reindex(index=told.index, columns=told.columns).fillna(0).to_numpy(dtype=float)
    cells = told.to_numpy()
    hidden = np.isnan(cells)
    whole = np.where(hidden, counted, cells)
    assert (np.abs(whole - counted) <= 3).all()
    # Of a line of which nobody's lift is told, the total is not known.
    rows, columns = (np.where(((cells > 0).any(axis=axis)), whole.sum(axis=axis), np.nan) for axis in (1, 0))
    if hidden.any():
        assert min(widths(ranges(cells, rows, columns, whole.sum()))) > SMALLEST / 2


def test_a_quantile_has_a_group_on_either_side(run):
    sizes = table(run, "segment_summary").set_index("segment_id")["customers"]
    profile = table(run, "segment_profile")
    for column, level in {"p10": 0.1, "p50": 0.5, "p90": 0.1}.items():
        told = profile.dropna(subset=column)
        assert (told["segment_id"].map(sizes) * level >= SMALLEST).all(), column
    assert profile["p10"].isna().any()


def test_an_example_is_the_mean_of_a_group(run):
    examples = table(run, "segment_examples").query("feature == 'monetary_net' and place == 1")
    nearest = duckdb.sql(
        f"""SELECT segment_id, monetary_net::DOUBLE FROM '{run[1]}/customer_segments/*.parquet'
        JOIN '{run[1]}/customer_features/*.parquet' USING (customer_id)
        QUALIFY row_number() OVER (PARTITION BY segment_id ORDER BY distance) <= {SMALLEST}"""
    ).df()
    expected = nearest.groupby("segment_id").mean().iloc[:, 0]
    sizes = table(run, "segment_summary").set_index("segment_id")["customers"]
    whole = {s for s, size in sizes.items() if 2 * SMALLEST <= size < 3 * SMALLEST or size >= 3 * SMALLEST}
    for row in examples.to_dict("records"):
        if row["segment_id"] in whole:
            assert row["value"] == pytest.approx(expected[row["segment_id"]], rel=0.05)


def test_the_manifest_tells_how_much_is_kept_back_and_no_small_count(run):
    manifest = json.loads((run[1] / "manifest.json").read_text())
    assert manifest["small_groups"]["smallest_group"] == SMALLEST
    assert {"rfm_overlap", "rfm_baseline", "segment_profile"} <= manifest["small_groups"]["kept_back"].keys()
    told = table(run, "rfm_overlap")
    assert manifest["small_groups"]["kept_back"]["rfm_overlap"] == told["customers"].isna().sum()
    counts = list(_counts_of(manifest))
    assert len(counts) > 8
    assert len(few(counts)) == 0


def _counts_of(part, name=""):
    """Numbers of customers, wherever they stand."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key not in ("settings", "small_groups"):
                yield from _counts_of(value, key)
    elif isinstance(part, list):
        for value in part:
            yield from _counts_of(value, name)
    elif part is not None and (COUNTS.search(name) or name in ("missing", "unsegmented", "unreadable")):
        yield part


def test_the_page_tells_of_no_small_group_and_says_so(run):
    page = (run[1] / "report.html").read_text()
    words = re.sub(r"<[^>]+>", " ", page)
    told = [int(found.replace(",", "")) for found in re.findall(r"(?<![\d.,])(\d[\d,]*)\s+customers\b", words)]
    assert len(told) > 4
    assert len(few(told)) == 0
    assert f"Nothing is told of groups of fewer than {SMALLEST} customers" in words
    assert f"Each mark stands for the mean of {SMALLEST} customers or more" in words


def test_marks_in_pictures_are_fewer_than_groups(run):
    page = (run[1] / "report.html").read_text()
    (shown,) = re.findall(rf"Scatter plot of ([\d,]+) marks, of {SMALLEST} customers or more each, on two", page)
    assert 0 < int(shown.replace(",", "")) <= table(run, "segment_summary")["customers"].sum() / SMALLEST
