"""The drawings of the page, each with the table behind it."""

from dataclasses import dataclass

from markupsafe import Markup

from segmentation.report import alternatives, changes, detail_tables, drifts, outlook, tables
from segmentation.report.changes_charts import drift_chart, flows_chart, trend_chart
from segmentation.report.charts import index_chart, scatter_chart, shares_chart
from segmentation.report.choice_charts import silhouette_chart, wcss_chart
from segmentation.report.findings import Findings, checked
from segmentation.report.labels import category_label, feature_labels, numbered, segment_labels
from segmentation.report.outlook_chart import explained_chart
from segmentation.report.profile_charts import Spread, categories_chart, ranges_chart
from segmentation.report.sample_charts import Axis, pair_chart, silhouette_plot
from segmentation.report.scales import logarithmic
from segmentation.report.tables import Table


@dataclass(frozen=True)
class Chart:
    """A drawing, and the table behind it."""

    svg: Markup
    table: Table


def charts_of(findings: Findings) -> dict[str, Chart]:
    """The drawings of the page, by name; of the manifest they need `choice`, `features` and `currency`."""
    findings = checked(findings)
    drawn = {"indices": _indices(findings)}
    if findings.has_purchases:
        drawn["shares"] = _shares(findings)
    if len(findings.k_selection) > 1:
        drawn |= {"silhouette": _silhouette(findings), "wcss": _wcss(findings)}
    if not findings.scatter.empty:
        drawn |= {"scatter": _scatter(findings), "bands": _bands(findings)}
    if not findings.usefulness.empty:
        drawn["outlook"] = _explained(findings)
    if not findings.pair.empty:
        drawn["pair"] = _pair(findings)
    return drawn | _details(findings) | _changes(findings)


def _changes(findings: Findings) -> dict[str, Chart]:
    """What changed since the run before, and over all runs."""
    drawn = {}
    if not findings.migration.empty:
        shares = changes.flows(findings)
        labels, alternative = changes.flow_labels(findings, shares), changes.flow_alternative(findings)
        drawn["flows"] = Chart(flows_chart(shares, labels, alternative), changes.flow_table(findings))
    if not findings.trend.empty and findings.trend["as_of"].nunique() > 1:
        labels_now, alternative = segment_labels(findings.summary), changes.trend_alternative(findings)
        drawn["trend"] = Chart(trend_chart(findings.trend, labels_now, alternative), changes.trend_table(findings))
    if (drifted := drifts.over_time(findings)).shape[1] > 1:
        drawn["drift"] = Chart(drift_chart(drifted, drifts.limit(findings), drifts.alternative(drifted)), drifts.table(drifted))
    return drawn


def _details(findings: Findings) -> dict[str, Chart]:
    """What segments are like beyond their means, as far as there is something to draw."""
    drawn = {}
    if detail_tables.main_features(findings):
        drawn["ranges"] = _ranges(findings)
    if not detail_tables.category_shares(findings).empty:
        drawn["categories"] = _categories(findings)
    return drawn


def _shares(findings: Findings) -> Chart:
    labels = list(segment_labels(findings.summary).values())
    return Chart(shares_chart(findings.summary, labels, alternatives.shares_alternative(findings)), tables.shares_table(findings))


def _indices(findings: Findings) -> Chart:
    profile, labels = findings.profile, feature_labels(findings)
    wide = profile.pivot(index="feature", columns="segment_id", values="index")
    wide = wide.reindex(index=profile["feature"].unique(), columns=findings.summary["segment_id"])
    features = [labels[str(feature)] for feature in wide.index]
    segments = _segments(findings)
    return Chart(index_chart(wide, features, segments, alternatives.index_alternative(findings)), tables.profile_table(findings))


def _silhouette(findings: Findings) -> Chart:
    chosen, alternative = findings.manifest["choice"]["k"], alternatives.silhouette_alternative(findings)
    return Chart(silhouette_chart(findings.k_selection, chosen, alternative), tables.silhouette_table(findings))


def _wcss(findings: Findings) -> Chart:
    choice, alternative = findings.manifest["choice"], alternatives.wcss_alternative(findings)
    return Chart(wcss_chart(findings.k_selection, choice["k"], choice["elbow_k"], alternative), tables.wcss_table(findings))


def _scatter(findings: Findings) -> Chart:
    labels, alternative = segment_labels(findings.summary), alternatives.scatter_alternative(findings)
    return Chart(scatter_chart(findings.scatter, labels, alternative), tables.scatter_table(findings))


def _bands(findings: Findings) -> Chart:
    known = findings.summary.dropna(subset="silhouette")
    mean = float((known["silhouette"].astype(float) * known["customers"]).sum() / known["customers"].sum()) if len(known) else None
    labels, alternative = segment_labels(findings.summary), alternatives.bands_alternative(findings)
    drawn = silhouette_plot(findings.scatter, labels, mean, alternative)
    return Chart(drawn, detail_tables.bands_table(findings))


def _pair(findings: Findings) -> Chart:
    labels, logarithms, units = feature_labels(findings), logarithmic(findings), detail_tables.units_of(findings)
    first, second = (Axis(labels[n], units.get(n, "share"), findings.currency, n in logarithms) for n in findings.pair_features)
    drawn = pair_chart(findings.pair, (first, second), segment_labels(findings.summary), alternatives.pair_alternative(findings))
    return Chart(drawn, detail_tables.pair_table(findings))


def _ranges(findings: Findings) -> Chart:
    features, logarithms = feature_labels(findings), logarithmic(findings)
    names = detail_tables.main_features(findings)
    spreads = [_spread(findings, name, features[name], name in logarithms) for name in names]
    segments = _segments(findings)
    return Chart(ranges_chart(spreads, segments, alternatives.ranges_alternative(findings)), detail_tables.ranges_table(findings))


def _spread(findings: Findings, name: str, label: str, is_log: bool) -> Spread:
    rows = findings.profile[findings.profile["feature"] == name].set_index("segment_id").reindex(findings.summary["segment_id"])
    low, middle, high = (rows[column].astype(float).tolist() for column in ("p10", "p50", "p90"))
    return Spread(label, str(rows["unit"].dropna().iloc[0]), findings.currency, is_log, low, middle, high)


def _categories(findings: Findings) -> Chart:
    shares = detail_tables.category_shares(findings)
    names = [category_label(str(name), findings) for name in shares.index]
    segments = _segments(findings)
    drawn = categories_chart(shares, names, segments, alternatives.categories_alternative(findings))
    return Chart(drawn, detail_tables.categories_table(findings))


def _explained(findings: Findings) -> Chart:
    return Chart(explained_chart(findings.usefulness, outlook.explained_alternative(findings)), outlook.explained_table(findings))


def _segments(findings: Findings) -> list[str]:
    return [numbered(segment, label) for segment, label in segment_labels(findings.summary).items()]
