"""A whole run publishes nothing about small groups: an attacker reads all tables, the page and the manifest."""

import json
import re
from datetime import UTC, date, datetime

import duckdb
import numpy as np
import pytest
from oracle.attacker import ranges, widths

from segmentation.pipeline.run import segment

MIN_GROUP_SIZE = 15
PERSONAL_TABLES = {"customer_features", "customer_segments", "product_recommendations", "rejected_lines", "unsegmented_customers"}
COUNTS = re.compile(r"(^|_)customers$")
SHARES = {"border_share": "customers", "silhouette_below_0_share": "customers", "precision": "sample_customers"}


@pytest.fixture(scope="module")
def run(spark, settings_for, tmp_path_factory):
    """A run in which many groups are small."""
    root = tmp_path_factory.mktemp("small")
    values = {"privacy.min_group_size": MIN_GROUP_SIZE, "clustering.k": 3, "backtest.cutoff": date(2025, 10, 1)}
    fewer = {
        "clustering.n_bootstrap": 2,
        "clustering.n_references": 2,
        "baskets.use": True,
        "baskets.max_products": 40,
        "baskets.min_orders": 5,
    }
    outcome = segment(spark, settings_for(root, **values, **fewer), datetime(2026, 1, 1, tzinfo=UTC))
    return outcome, root / "current"


def table(run, name):
    return duckdb.sql(f"FROM '{run[1]}/{name}/*.parquet' ORDER BY ALL").df()


def summaries(run):
    names = [name for name in run[0].manifest["tables"] if name not in PERSONAL_TABLES]
    assert len(names) > 12
    return {name: table(run, name) for name in names}


def small(values):
    """Counts of small groups."""
    values = np.asarray(values, dtype=float)
    return values[(np.round(values) > 0) & (np.round(values) < MIN_GROUP_SIZE)]


def test_no_table_has_a_small_count_of_customers(run):
    n_checked = 0
    for name, rows in summaries(run).items():
        counts = rows[rows["subject"] == "customers"][["count", "count_any_reason"]] if name == "accounting" else rows.filter(regex=COUNTS)
        n_checked += counts.notna().to_numpy().sum()
        assert len(small(counts.astype("Float64").to_numpy(dtype=float, na_value=np.nan))) == 0, name
    assert n_checked > 50


def test_no_share_of_a_known_count_reveals_a_small_group(run):
    for name, rows in summaries(run).items():
        for share, base in SHARES.items():
            if {share, base} <= set(rows.columns):
                parts = rows[share].astype(float) * rows[base].astype(float)
                assert len(small(parts)) == len(small(rows[base].astype(float) - parts)) == 0, (name, share)
    again = table(run, "backtest_segments").query("outcome == 'repurchase'").astype({"customers": float, "mean": float})
    assert len(small(again["customers"] * again["mean"])) == len(small(again["customers"] * (1 - again["mean"]))) == 0


def test_suppressed_cells_of_the_rfm_table_cannot_be_derived(run):
    overlap, baseline, summary = (table(run, name) for name in ("rfm_overlap", "rfm_baseline", "segment_summary"))
    names = sorted(baseline["rfm_segment"])
    wide = overlap.assign(published=overlap["customers"].astype(float).fillna(-1)).pivot(
        index="segment_id", columns="rfm_segment", values="published"
    )
    cells = wide[names].fillna(0).replace(-1, np.nan).to_numpy(dtype=float)
    columns = baseline.set_index("rfm_segment").loc[names, "customers"].astype(float).to_numpy()
    assert np.isnan(cells).sum() > 4
    assert np.isnan(cells).sum() < cells.size
    cell_ranges = ranges(cells, summary["customers"].to_numpy(dtype=float), columns, summary["customers"].sum())
    assert min(widths(cell_ranges)) >= MIN_GROUP_SIZE - 1


def test_published_cells_of_the_rfm_table_are_at_most_the_size_of_their_segment(run):
    overlap = table(run, "rfm_overlap").dropna(subset="customers")
    sizes = dict(zip(*table(run, "segment_summary")[["segment_id", "customers"]].to_numpy().T, strict=True))
    assert all(row["customers"] <= sizes[row["segment_id"]] for row in overlap.to_dict("records"))


def buyers(run, retailer, name):
    """Buyers counted independently; purchases voided later, which are few, count here too."""
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
def test_suppressed_buyers_cannot_be_derived_from_the_totals_that_lifts_reveal(run, retailer, name, thing):
    published = table(run, name).pivot(index="segment_id", columns=thing, values="customers").astype(float)
    counted = buyers(run, retailer, name).pivot(index="segment_id", columns=thing, values="customers")
    counted = counted.reindex(index=published.index, columns=published.columns).fillna(0).to_numpy(dtype=float)
    cells = published.to_numpy()
    suppressed = np.isnan(cells)
    whole = np.where(suppressed, counted, cells)
    assert (np.abs(whole - counted) <= 3).all()
    # The total of a line without any published lift is not known.
    rows, columns = (np.where(((cells > 0).any(axis=axis)), whole.sum(axis=axis), np.nan) for axis in (1, 0))
    if suppressed.any():
        assert min(widths(ranges(cells, rows, columns, whole.sum()))) > MIN_GROUP_SIZE / 2


def test_a_published_quantile_has_a_group_to_either_side(run):
    sizes = table(run, "segment_summary").set_index("segment_id")["customers"]
    profile = table(run, "segment_profile")
    for column, level in {"p10": 0.1, "p50": 0.5, "p90": 0.1}.items():
        published = profile.dropna(subset=column)
        assert (published["segment_id"].map(sizes) * level >= MIN_GROUP_SIZE).all(), column
    assert profile["p10"].isna().any()


def test_an_example_is_the_mean_of_a_group(run):
    examples = table(run, "segment_examples").query("feature == 'monetary_net' and rank == 1")
    nearest = duckdb.sql(
        f"""SELECT segment_id, monetary_net::DOUBLE FROM '{run[1]}/customer_segments/*.parquet'
        JOIN '{run[1]}/customer_features/*.parquet' USING (customer_id)
        QUALIFY row_number() OVER (PARTITION BY segment_id ORDER BY distance) <= {MIN_GROUP_SIZE}"""
    ).df()
    expected = nearest.groupby("segment_id").mean().iloc[:, 0]
    sizes = table(run, "segment_summary").set_index("segment_id")["customers"]
    whole = {s for s, size in sizes.items() if 2 * MIN_GROUP_SIZE <= size < 3 * MIN_GROUP_SIZE or size >= 3 * MIN_GROUP_SIZE}
    for row in examples.to_dict("records"):
        if row["segment_id"] in whole:
            assert row["value"] == pytest.approx(expected[row["segment_id"]], rel=0.05)


def test_the_manifest_says_how_much_is_suppressed_and_has_no_small_count(run):
    manifest = json.loads((run[1] / "manifest.json").read_text())
    assert manifest["suppression"]["min_group_size"] == MIN_GROUP_SIZE
    assert {"rfm_overlap", "rfm_baseline", "segment_profile"} <= manifest["suppression"]["values"].keys()
    overlap = table(run, "rfm_overlap")
    assert manifest["suppression"]["values"]["rfm_overlap"] == overlap["customers"].isna().sum()
    counts = list(_counts_of(manifest))
    assert len(counts) > 8
    assert len(small(counts)) == 0


def _counts_of(part, name=""):
    """All numbers of customers."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key not in ("settings", "suppression"):
                yield from _counts_of(value, key)
    elif isinstance(part, list):
        for value in part:
            yield from _counts_of(value, name)
    elif part is not None and (COUNTS.search(name) or name in ("missing", "unsegmented", "unreadable")):
        yield part


def test_the_page_has_no_small_count_and_says_so(run):
    page = (run[1] / "report.html").read_text()
    words = re.sub(r"<[^>]+>", " ", page)
    counts = [int(count.replace(",", "")) for count in re.findall(r"(?<![\d.,])(\d[\d,]*)\s+customers\b", words)]
    assert len(counts) > 4
    assert len(small(counts)) == 0
    assert f"Figures about fewer than {MIN_GROUP_SIZE} customers are suppressed" in words
    assert f"Each point is the mean of {MIN_GROUP_SIZE} customers or more" in words


def test_a_scatter_plot_has_at_most_one_point_for_each_group(run):
    page = (run[1] / "report.html").read_text()
    (shown,) = re.findall(rf"Scatter plot of ([\d,]+) points, of {MIN_GROUP_SIZE} customers or more each, on two", page)
    assert 0 < int(shown.replace(",", "")) <= table(run, "segment_summary")["customers"].sum() / MIN_GROUP_SIZE
