"""Tables that runs publish, as literals: what declarations say is compared with these."""

ALWAYS = (
    "customer_features",
    "customer_segments",
    "segment_summary",
    "segment_actions",
    "segment_profile",
    "segment_rules",
    "segment_examples",
    "k_selection",
    "rejected_lines",
    "unsegmented_customers",
    "accounting",
    "rfm_baseline",
    "rfm_overlap",
    "segment_history",
    "segment_trend",
)
"""Of a log; one of a customer table alone has no `segment_actions`, no `rejected_lines` and no RFM."""
WITH_BASKETS = ("segment_products", "segment_categories", "association_rules", "segment_recommendations", "product_recommendations")
WITH_CUTOFF = ("backtest_metrics", "backtest_segments")
AFTER_ANOTHER = ("segment_migration", "segment_lineage", "drift", "drift_trend")
WITH_SENSITIVE_ATTRIBUTES = ("sensitive_attributes",)
