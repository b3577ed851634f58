"""Section on the choice of k."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from segmentation.analyses.k_selection.charts import silhouette_bands, silhouette_chart, wcss_chart
from segmentation.fitted.sample import CustomerSample
from segmentation.report.formats import count, is_missing, number, percent, score
from segmentation.report.labels import segment_labels
from segmentation.report.report_data import ReportData, points_label, points_text, records
from segmentation.report.section import (
    Block,
    Chart,
    Figure,
    Heading,
    Note,
    Paragraph,
    Section,
    SideBySide,
    SingleCustomers,
    Table,
    TableBlock,
    sentence,
    table,
)

_SILHOUETTE = "Bars show the spread between random initializations; hollow points break a limit of the settings."
_WCSS = "The elbow is the point furthest below the dashed line, where further segments begin to pay off less."


def k_selection_section(data: ReportData, sample: CustomerSample) -> Section:
    """Reasons, curves, and how well customers fit into their segments."""
    choice = data.manifest["choice"]
    blocks: list[Block] = [_choice(data), Paragraph(structure_text(data)), Note(_sample_text(data))]
    chosen = str(choice["k"])
    if len(data.table("k_selection")) > 1:
        silhouette = Figure(_silhouette(data), _SILHOUETTE, strong="Silhouette, higher is better.", chosen=chosen)
        blocks.append(SideBySide((silhouette, Figure(_wcss(data), _WCSS, strong="WCSS, falls with every segment.", chosen=chosen))))
    if not sample.scatter.empty:
        blocks.append(
            SingleCustomers((Heading("How well customers fit into their segments"), Figure(_bands(data, sample), _bands_text(sample))))
        )
    if not data.table("k_selection").empty:
        blocks += [Heading("The verdict on each k"), TableBlock(reasons_table(data), chosen)]
    return Section("number", f"Why {choice['k']} segments", f"Why {choice['k']}", tuple(blocks))


def _choice(data: ReportData) -> Paragraph:
    choice = data.manifest["choice"]
    if choice["fixed"]:
        return Paragraph(f"The settings ask for {choice['k']} segments; no other k was compared.")
    if choice["elbow_k"] is None:
        elbow = "The WCSS curve has no elbow."
    elif choice["elbow_k"] == choice["k"]:
        elbow = f"The elbow of the WCSS curve is at {choice['elbow_k']} too."
    else:
        elbow = f"The elbow of the WCSS curve is at {choice['elbow_k']}; the two measures ask different questions and need not agree."
    return Paragraph(f"{sentence(choice['reason'])} {elbow} {gap_text(data)}", strong=f"Chosen: k = {choice['k']}.")


def _sample_text(data: ReportData) -> str:
    choice = data.manifest["choice"]
    sampled, customers = count(choice["sample_size"]), count(choice["customers"])
    scope = (
        f"k was chosen on a sample of {sampled} of {customers} customers; the segments were fitted on all of them."
        if choice["sample_size"] < choice["customers"]
        else f"k was chosen on all {customers} customers."
    )
    return f"{scope} {count(choice['n_init'])} random {'initialization' if choice['n_init'] == 1 else 'initializations'} for each k."


def _bands_text(sample: CustomerSample) -> str:
    least = sample.customers_per_point
    customers = f"customers, in groups of {count(least)} or more" if least > 1 else "sampled customers"
    return (
        f"One band for each segment with the silhouettes of its {customers}, the best on top. A band far to the right fits well; what lies "
        "left of 0 is nearer to another segment. The dashed line is the mean of all customers. Thick bands hold many customers."
    )


def gap_text(data: ReportData) -> str:
    """What the gap statistic would choose."""
    choice = data.manifest["choice"]
    if choice["gap_k"] is None:
        return "The gap statistic chooses no k: it still grows at the last one tried."
    if choice["gap_k"] == 1:
        return "The gap statistic would not divide these customers at all: two segments gain no more on them than on uniform data."
    same = " too" if choice["gap_k"] == choice["k"] else ""
    return f"The gap statistic would choose {choice['gap_k']}{same}."


def structure_text(data: ReportData) -> str:
    """The figures that the grade rests on."""
    structure = data.manifest["choice"]["structure"]
    return (
        f"Silhouette {score(structure['silhouette'])}, against {score(structure['shuffled'])} "
        f"(standard deviation {score(structure['shuffled_deviation'])}) among customers whose features were permuted independently. "
        f"The least stable segment has a stability of {score(structure['stability'], places=2)} over bootstrap samples: "
        f"0.75 and more is valid, below 0.6 is not to be trusted. Half-way between two neighbouring "
        f"segments there are {number(structure['border'])} customers "
        "for each one at their centers."
    )


def _silhouette(data: ReportData) -> Chart:
    chosen, alternative = data.manifest["choice"]["k"], silhouette_alt_text(data)
    return Chart(silhouette_chart(data.table("k_selection"), chosen, alternative), silhouette_table(data))


def _wcss(data: ReportData) -> Chart:
    choice, alternative = data.manifest["choice"], wcss_alt_text(data)
    return Chart(wcss_chart(data.table("k_selection"), choice["k"], choice["elbow_k"], alternative), wcss_table(data))


def _bands(data: ReportData, sample: CustomerSample) -> Chart:
    known = data.summary.dropna(subset="silhouette")
    mean = float((known["silhouette"].astype(float) * known["customers"]).sum() / known["customers"].sum()) if len(known) else None
    labels, alternative = segment_labels(data.summary), bands_alt_text(data, sample)
    drawn = silhouette_bands(sample.scatter, labels, mean, alternative)
    return Chart(drawn, bands_table(data, sample))


def silhouette_table(data: ReportData) -> Table:
    """Silhouette by k, and what makes a k eligible."""
    rows = [
        (
            str(row["k"]),
            score(row["silhouette"], places=4),
            score(row["silhouette_spread"], places=4),
            score(row["stability"], places=2),
            percent(row["min_segment_share"]),
            _verdict(row, data),
        )
        for row in records(data.table("k_selection"))
    ]
    columns = ("k", "Silhouette", "Spread between seeds", "Least stable segment", "Smallest segment", "Verdict")
    return table("Silhouette by number of segments", columns, rows, ["Verdict"])


def wcss_table(data: ReportData) -> Table:
    """WCSS by k, its decrease with each further segment, and three more measures."""
    changes = data.table("k_selection")["wcss"].astype(float).pct_change(fill_method=None)
    rows = [
        (
            str(row["k"]),
            number(row["wcss"]),
            percent(change),
            number(row["calinski_harabasz"]),
            number(row["davies_bouldin"]),
            score(row["gap"]),
            score(row["gap_error"]),
            _verdict(row, data),
        )
        for row, change in zip(records(data.table("k_selection")), changes, strict=True)
    ]
    columns = ("k", "WCSS", "Change", "Calinski-Harabasz", "Davies-Bouldin", "Gap", "Its error", "Verdict")
    return table("WCSS by number of segments", columns, rows, ["Verdict"])


def reasons_table(data: ReportData) -> Table:
    """One sentence on each k."""
    rows = [(str(row["k"]), _verdict(row, data), sentence(row["reason"])) for row in records(data.table("k_selection"))]
    return table("Why each number of segments was chosen or not", ("k", "Verdict", "Reason"), rows, ["Verdict", "Reason"])


def _verdict(row: Mapping[str, Any], data: ReportData) -> str:
    choice = data.manifest["choice"]
    status = "chosen" if row["chosen"] else "eligible" if row["eligible"] else "not eligible"
    criteria = [criterion for name, criterion in (("elbow_k", "elbow"), ("gap_k", "gap")) if choice[name] == row["k"]]
    return ", ".join([status, *criteria])


def bands_table(data: ReportData, sample: CustomerSample) -> Table:
    """Mean silhouette of each segment, and how its customers shown spread around it."""
    labels = segment_labels(data.summary)
    means = dict(zip(data.summary["segment_id"], data.summary["silhouette"], strict=True))
    rows = tuple(
        (label, score(means[segment]), count(len(shown)), *_quantiles(shown), percent((shown < 0).mean() if len(shown) else None))
        for segment, label in labels.items()
        for shown in [_shown(sample.scatter, segment, "silhouette")]
    )
    columns = ("Segment", "Mean", points_label(sample), "10th percentile", "Median", "90th percentile", "Below 0")
    return Table("Silhouette of customers by segment", columns, rows, frozenset({"Segment"}))


def _shown(points: pd.DataFrame, segment: int, column: str) -> pd.Series:
    return points.loc[points["segment_id"] == segment, column].astype(float)


def _quantiles(values: pd.Series) -> list[str]:
    return [score(None if values.empty else values.quantile(level)) for level in (0.1, 0.5, 0.9)]


def silhouette_alt_text(data: ReportData) -> str:
    """Range, best and chosen silhouette."""
    tried, k = records(data.table("k_selection")), data.manifest["choice"]["k"]
    known = {row["k"]: row["silhouette"] for row in tried if not is_missing(row["silhouette"])}
    best = max(known, key=lambda candidate: known[candidate], default=None)
    highest = "" if best is None else f" Highest at k = {best} with {score(known[best])}."
    return f"Line chart of the silhouette for {_range(tried)}.{highest} Chosen: k = {k} with {score(known.get(k))}."


def wcss_alt_text(data: ReportData) -> str:
    """How far WCSS falls, where its elbow is, and what was chosen."""
    tried, choice = records(data.table("k_selection")), data.manifest["choice"]
    elbow = "It has no elbow" if choice["elbow_k"] is None else f"Elbow at k = {choice['elbow_k']}"
    first, last = number(tried[0]["wcss"]), number(tried[-1]["wcss"])
    return f"Line chart of WCSS for {_range(tried)}, from {first} to {last}. {elbow}. Chosen: k = {choice['k']}."


def bands_alt_text(data: ReportData, sample: CustomerSample) -> str:
    """The mean silhouette of every segment, and how many of its customers lie nearer to another."""
    labels = segment_labels(data.summary)
    below = {segment: (shown < 0).mean() for segment, shown in sample.scatter.groupby("segment_id")["silhouette"]}
    parts = [
        f"{labels[row['segment_id']]}: mean {score(row['silhouette'])}, {percent(below.get(row['segment_id']))} below 0"
        for row in records(data.summary)
    ]
    return f"Silhouettes of {points_text(sample, len(sample.scatter))}, sorted within each segment. {'; '.join(parts)}."


def _range(tried: list[dict[str, Any]]) -> str:
    return f"k from {tried[0]['k']} to {tried[-1]['k']}"
