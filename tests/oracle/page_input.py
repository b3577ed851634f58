"""What a page is made of, about as large as for the Online Retail log, made up from a seed."""

from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from segmentation.analyses.actions.actions import actions_section
from segmentation.analyses.customer_map.customer_map import map_section
from segmentation.analyses.data_quality.section import data_quality_section
from segmentation.analyses.k_selection.section import k_selection_section
from segmentation.analyses.profile.section import profile_section
from segmentation.analyses.rfm.section import rfm_section
from segmentation.analyses.rules.section import rules_section
from segmentation.analyses.summary.section import summary_section
from segmentation.fitted.sample import CustomerSample
from segmentation.report.page import render_page
from segmentation.report.report_data import ReportData

TABLES = {
    "accounting": "accounting",
    "k_selection": "k_selection",
    "summary": "segment_summary",
    "actions": "segment_actions",
    "profile": "segment_profile",
    "rules": "segment_rules",
    "examples": "segment_examples",
    "rfm": "rfm_baseline",
}


@dataclass(frozen=True)
class PageInput:
    """Tables as pandas frames, the manifest, and what is drawn beyond them."""

    manifest: dict
    accounting: pd.DataFrame
    k_selection: pd.DataFrame
    summary: pd.DataFrame
    actions: pd.DataFrame
    profile: pd.DataFrame
    rules: pd.DataFrame
    examples: pd.DataFrame
    scatter: pd.DataFrame
    scatter_explained: float
    pair: pd.DataFrame
    pair_features: tuple
    customers_per_point: int = 1
    rfm: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def data(self):
        """As sections take it; conditions of rules are no column of a table."""
        rows = {table: getattr(self, name).to_dict("records") for name, table in TABLES.items()}
        rows["segment_rules"] = self.rules.drop(columns="conditions", errors="ignore").to_dict("records")
        return ReportData.from_rows(self.manifest, rows)

    @property
    def sample(self):
        return CustomerSample(self.scatter, self.scatter_explained, self.pair, self.pair_features, self.customers_per_point)

    @property
    def conditions(self):
        return dict(zip(self.rules["segment_id"], self.rules["conditions"], strict=True))

    @property
    def sections(self):
        """In the order of the registry."""
        data = self.data
        return [
            summary_section(data),
            *([actions_section(data)] if data.has_purchases else []),
            profile_section(data),
            rules_section(data, self.conditions),
            k_selection_section(data, self.sample),
            map_section(data, self.sample),
            *([rfm_section(data)] if not self.rfm.empty else []),
            data_quality_section(data),
        ]


def rendered(page_input):
    """The page."""
    return render_page(page_input.data, page_input.sections)


CATEGORIES = {"kitchen": "Kitchen", "christmas": "Christmas", "bags": "Bags & cases", "toys": "Toys", "garden": "Garden", "other": "other"}
VALUE_FEATURES = {
    # unit, mean of all customers, how it follows spending
    "recency_days": ("days", 92.4, -0.75),
    "tenure_days": ("days", 222.8, 0.2),
    "frequency_orders": ("orders", 4.27, 0.8),
    "purchase_days": ("days", 4.05, 0.8),
    "monetary_gross": ("currency", 2041.9, 1.02),
    "monetary_net": ("currency", 1898.5, 1.0),
    "order_value_avg": ("currency", 372.6, 0.35),
    "interpurchase_days_avg": ("days", 61.5, -0.15),
    "breadth_products": ("products", 61.2, 0.55),
    "breadth_categories": ("categories", 4.1, 0.25),
    "return_rate": ("share", 0.016, 0.1),
}
CUSTOMERS = 4338


def _sizes(segments: int) -> np.ndarray:
    shares = np.linspace(1, 6, segments)
    sizes = np.floor(CUSTOMERS * shares / shares.sum()).astype(int)
    sizes[-1] += CUSTOMERS - sizes.sum()
    return sizes


def _spending(segments: int, sizes: np.ndarray) -> np.ndarray:
    """Mean spend of each segment against the average customer."""
    raw = np.geomspace(6.4, 0.22, segments)
    return raw * CUSTOMERS / (raw * sizes).sum()


def _profile(segments: int, features: int, spending: np.ndarray, sizes: np.ndarray) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    rows = []
    kinds = dict(VALUE_FEATURES)
    kinds |= {f"category_share_{slug}": ("share", 1 / len(CATEGORIES), None) for slug in CATEGORIES}
    kinds |= {f"month_order_share_{month:02d}": ("share", 1 / 12, None) for month in range(1, 13)}
    kinds |= {"weekend_order_share": ("share", 0.0, 0.0)}
    for name, (unit, average, slope) in list(kinds.items())[:features]:
        factors = spending**slope if slope is not None else rng.uniform(0.5, 1.9, segments)
        factors = factors * CUSTOMERS / (factors * sizes).sum()
        for segment, factor in enumerate(factors, start=1):
            mean = average * factor
            index = 100 * factor if average else None
            rows.append((segment, name, unit, mean, 0.3 * mean, 0.82 * mean, 2.1 * mean, index))
    return _with_effects(pd.DataFrame(rows, columns=["segment_id", "feature", "unit", "mean", "p10", "p50", "p90", "index"]))


def _with_effects(profile: pd.DataFrame) -> pd.DataFrame:
    """Effects that follow the index: the farther from 100, the larger."""
    effects = profile["index"].astype(float).clip(lower=1).div(100).map(np.log2)
    ranks = effects.abs().groupby(profile["segment_id"]).rank(ascending=False, method="first")
    return profile.assign(hedges_g=effects, hedges_g_ci_low=effects - 0.1, hedges_g_ci_high=effects + 0.1, rank=ranks)


def _rules(segments: int) -> pd.DataFrame:
    conditions = [
        {"feature": "recency_days", "is_above": False, "bound": 48.0, "or_unknown": False},
        {"feature": "monetary_net", "is_above": True, "bound": 1200.0, "or_unknown": False},
    ]
    rows = [(segment, conditions, 0.87, 0.74) for segment in range(1, segments + 1)]
    return pd.DataFrame(rows, columns=["segment_id", "conditions", "precision", "recall"])


def _examples(segments: int) -> pd.DataFrame:
    values = {"recency_days": ("days", 12.0), "monetary_net": ("currency", 1310.5), "category_share_bags": ("share", 0.41)}
    rows = [(s, p, name, *value) for s in range(1, segments + 1) for p in (1, 2, 3) for name, value in values.items()]
    return pd.DataFrame(rows, columns=["segment_id", "rank", "feature", "unit", "value"])


def _summary(segments: int, spending: np.ndarray, sizes: np.ndarray, profile: pd.DataFrame) -> pd.DataFrame:
    revenue = spending * sizes * 1898.5
    summary = pd.DataFrame(
        {
            "segment_id": range(1, segments + 1),
            "customers": sizes,
            "customer_share": sizes / CUSTOMERS,
            "revenue_net": [Decimal(f"{amount:.4f}") for amount in revenue],
            "revenue_share": revenue / revenue.sum(),
            "silhouette": np.linspace(0.31, 0.52, segments),
            "silhouette_p10": np.linspace(0.01, 0.12, segments),
            "silhouette_p50": np.linspace(0.33, 0.55, segments),
            "silhouette_p90": np.linspace(0.61, 0.82, segments),
            "silhouette_below_0_share": np.linspace(0.08, 0.0, segments),
            "border_customers": sizes // 8,
            "border_share": (sizes // 8) / sizes,
            "stability": np.linspace(0.91, 0.62, segments),
        }
    )
    for name, rows in profile[profile["unit"] != "share"].groupby("feature"):
        summary[f"{name}_mean"], summary[f"{name}_median"] = rows["mean"].to_numpy(), rows["p50"].to_numpy()
    return summary


def _k_selection(chosen: int) -> pd.DataFrame:
    ks = np.arange(2, 11)
    silhouette = np.array([0.417, 0.398, 0.432, 0.401, 0.376, 0.369, 0.351, 0.344, 0.339])
    silhouette[ks == chosen] = 0.4321
    reasons = [f"silhouette {value:.4f} is below the 0.4321 of {chosen} segments" for value in silhouette]
    reasons[chosen - 2] = "best silhouette (0.4321) of those that meet the limits"
    if chosen != 10:
        reasons[-1] = "the smallest segment would hold 0.30% of customers, less than clustering.min_segment_share (1.00%)"
    return pd.DataFrame(
        {
            "k": ks,
            "silhouette": silhouette,
            "stability": [0.98, 0.9, 0.82, 0.77, 0.66, 0.58, 0.61, 0.4, 0.12],
            "silhouette_spread": [0.001, 0.004, 0.002, 0.019, 0.024, 0.011, 0.02, 0.015, 0.03],
            "wcss": 26410.0 * (0.28 + 0.72 * np.exp(-0.42 * (ks - 2))),
            "calinski_harabasz": 2900 - 130.5 * ks,
            "davies_bouldin": 0.9 + 0.04 * ks,
            "gap": 0.5 + 0.05 * ks,
            "gap_error": np.full(9, 0.004),
            "min_segment_share": np.where(ks == 10, 0.003, 0.3 / ks),
            "eligible": (ks != 10) | (chosen == 10),
            "chosen": ks == chosen,
            "reason": reasons,
        }
    )


def _accounting() -> pd.DataFrame:
    lines = [
        ("read", None, 541_909, 541_909, "9747747.9340"),
        ("accepted", "purchase", 390_714, 390_714, "8561165.9040"),
        ("accepted", "return", 6_208, 6_208, "-346120.4100"),
        ("rejected", "guest", 135_080, 135_080, "1447682.1200"),
        ("rejected", "not_a_product", 1_903, 2_761, "63544.9900"),
        ("rejected", "exact_duplicate", 5_192, 5_225, "21475.3300"),
        ("rejected", "price_not_above_zero", 38, 2_517, "0.0000"),
        ("voided", "purchase", 1_387, 1_387, "168469.6000"),
        ("voided", "return", 1_387, 1_387, "-168469.6000"),
    ]
    customers = [
        ("seen", None, 4_372),
        ("segmented", None, 4_338),
        ("unsegmented", "only_voided_lines", 9),
        ("unsegmented", "no_purchase", 13),
        ("unsegmented", "only_rejected_lines", 12),
    ]
    rows = [("lines", outcome, reason, n, any_, Decimal(amount)) for outcome, reason, n, any_, amount in lines]
    rows += [("customers", outcome, reason, n, n, None) for outcome, reason, n in customers]
    return pd.DataFrame(rows, columns=["subject", "outcome", "reason", "count", "count_any_reason", "amount"])


def _manifest(segments: int, profile: pd.DataFrame) -> dict:
    names = list(profile["feature"].unique())
    blocks = ["value" if name in VALUE_FEATURES else "preferences" for name in names]
    return {
        "run_id": "20111210T021500Z-7f3a",
        "as_of": "2011-12-10",
        "title": "Online Retail",
        "currency": "GBP",
        "started_at": "2011-12-10T02:15:00+00:00",
        "seconds": 83.4,
        "software": {"segmentation": "0.1.0", "spark": "4.2.0", "python": "3.11.7"},
        "input": {
            "format": "csv",
            "path": "data/online_retail",
            "first_line_at": "2010-12-01 08:26:00",
            "last_line_at": "2011-12-09 12:50:00",
        },
        "features": [
            {"feature": name, "block": block, "transform": "log1p" if block == "value" else "none", "weight": 1.0, "constant": False}
            for name, block in zip(names, blocks, strict=True)
        ],
        "categories": CATEGORIES,
        "choice": {
            "k": segments,
            "elbow_k": 5,
            "gap_k": 6,
            "gap_of_one": 0.49,
            "reason": "best silhouette (0.4321) of those that meet the limits",
            "customers": CUSTOMERS,
            "sample_size": CUSTOMERS,
            "n_init": 3,
            "fixed": False,
            "structure": {
                "grade": "a continuum cut into useful tiers",
                "silhouette": 0.432,
                "shuffled": 0.167,
                "shuffled_deviation": 0.004,
                "stability": 0.82,
                "border": 1.76,
            },
        },
        "analyses": {"rules": {"fidelity": 0.876, "depth": 3, "rules_fidelity": 0.827, "customers": CUSTOMERS}},
        "stages": [
            {"stage": "ingest", "seconds": 21.7, "counts": {"lines": 541_909, "orders": 18_412}},
            {"stage": "features", "seconds": 8.2, "counts": {"columns": 17}},
            {"stage": "sweep", "seconds": 40.9, "counts": {"fits": 27, "segments": segments}},
            {"stage": "audit", "seconds": 12.6, "counts": {}},
        ],
    }


def _scatter(segments: int, sizes: np.ndarray) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    shown = np.maximum(1, np.floor(2000 * sizes / sizes.sum())).astype(int)
    clouds = [
        pd.DataFrame(
            {
                "x": rng.normal(4.5 - 8 * position / segments, 0.75, n),
                "y": rng.normal(1.6 * np.cos(2.2 * position), 0.6, n),
                "silhouette": rng.normal(0.45, 0.2, n).clip(-1, 1),
                "segment_id": position + 1,
            }
        )
        for position, n in enumerate(shown)
    ]
    return pd.concat(clouds, ignore_index=True)


def _pair(scatter: pd.DataFrame) -> pd.DataFrame:
    """The sampled customers by days and spend, as far along them as on the map."""
    days, spend = np.expm1(3.5 - scatter["y"]), np.expm1(6.5 + 0.8 * scatter["x"])
    return pd.DataFrame({"first": days, "second": spend, "segment_id": scatter["segment_id"]})


@pytest.fixture(scope="session")
def with_effects():
    """Adds effects to the indices of a profile."""
    return _with_effects


@pytest.fixture(scope="session")
def make_page_input():
    """A maker of page inputs with so many segments (2 to 10) and features (up to 30)."""

    def make(segments: int = 4, features: int = 17) -> PageInput:
        sizes = _sizes(segments)
        spending = _spending(segments, sizes)
        profile = _profile(segments, features, spending, sizes)
        scatter = _scatter(segments, sizes)
        pair_features = ("recency_days", "monetary_net") if features > 5 else ()
        actions = [(number, "Keep", "Thank them", "E-mail", "Now", "No discounts", "they spend most") for number in range(1, segments + 1)]
        return PageInput(
            actions=pd.DataFrame(actions, columns=["segment_id", "goal", "offer", "channel", "timing", "caution", "reason"]),
            manifest=_manifest(segments, profile),
            accounting=_accounting(),
            k_selection=_k_selection(segments),
            summary=_summary(segments, spending, sizes, profile),
            profile=profile,
            rules=_rules(segments),
            examples=_examples(segments),
            scatter=scatter,
            scatter_explained=0.613,
            pair=_pair(scatter) if pair_features else _pair(scatter).iloc[:0],
            pair_features=pair_features,
        )

    return make


@pytest.fixture(scope="session")
def page_input(make_page_input):
    return make_page_input()
