"""The page itself: one offline HTML file."""

from collections.abc import Mapping

from segmentation.report import changes, drifts, likeness, outlook, rfm, selling, sensitive, structure, tables, watch
from segmentation.report.cards import cards, headline, key_facts
from segmentation.report.figures import Chart, charts_of
from segmentation.report.findings import Findings, checked
from segmentation.report.ledger import ledger
from segmentation.report.templates import rendered


def render_page(findings: Findings, charts: Mapping[str, Chart] | None = None) -> str:
    """The report as HTML; equal findings give equal bytes.

    Parameters
    ----------
    findings
        What a run found. Every text in it may be hostile: it comes out escaped.
    charts
        As drawn of them before; without them they are drawn now.

    Raises
    ------
    ValueError
        Where tables of the findings lack columns; names all of them.
    """
    findings = checked(findings)
    return rendered(
        "page.html.j2",
        findings=findings,
        manifest=findings.manifest,
        choice=findings.manifest["choice"],
        headline=headline(findings),
        grade=structure.grade(findings),
        evidence=structure.evidence(findings),
        gap_said=structure.gap_said(findings),
        fidelity=likeness.fidelity(findings),
        firmness=likeness.firmness_table(findings),
        examples=likeness.examples_table(findings),
        facts=key_facts(findings),
        cards=cards(findings),
        charts=charts or charts_of(findings),
        reasons=tables.reasons_table(findings),
        ledgers=[ledger(findings.accounting, subject, findings.currency) for subject in _subjects(findings)],
        attributes=tables.attributes_table(findings) if findings.attributes else None,
        recommendations=selling.recommendations(findings),
        baskets=selling.basket_tables(findings),
        without_baskets=selling.without_baskets(findings),
        features=tables.features_table(findings),
        stages=tables.stages_table(findings),
        rfm=None if findings.rfm.empty else (rfm.agreement(findings), rfm.rfm_table(findings)),
        outlook=None if findings.usefulness.empty else outlook.story(findings),
        changes=changes.sentences(findings) if findings.manifest.get("movement") else [],
        verdict=watch.verdict(findings),
        causes=watch.causes(findings),
        impact=watch.impact(findings),
        drifted=None if findings.drift_trend.empty else (drifts.since(findings), drifts.limit(findings)),
        sensitive=None if findings.sensitive.empty else (sensitive.sentences(findings), sensitive.sensitive_table(findings)),
    )


def _subjects(findings: Findings) -> list[str]:
    """What there is to account for."""
    known = set(findings.accounting["subject"])
    return [subject for subject in ("lines", "customers", "attribute_rows") if subject in known]
