"""The page of a run: one offline HTML file made of sections."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from segmentation.report.glossary import glossary
from segmentation.report.header import grade_text, headline, key_facts
from segmentation.report.report_data import ReportData
from segmentation.report.run_tables import features_table, stages_table
from segmentation.report.section import CardPart, Heading, Section
from segmentation.report.templates import rendered


def render_page(data: ReportData, sections: Sequence[Section]) -> str:
    """The report as HTML; equal data give equal bytes.

    Parameters
    ----------
    data
        The run's manifest and tables. Every text in it may be hostile: it comes out escaped.
    sections
        Of its analyses, in order; those with the same anchor are shown as one.
    """
    sections = _merged(sections)
    return rendered(
        "report/page.html.j2",
        data=data,
        manifest=data.manifest,
        headline=headline(data),
        grade=grade_text(data),
        facts=key_facts(data),
        navigation=[*_navigation(sections), ("reading", "How to read this"), ("features", "Features"), ("run", "This run")],
        sections=sections,
        card_parts=_card_parts(sections),
        glossary=glossary(data, sections),
        features=features_table(data),
        stages=stages_table(data),
    )


def _merged(sections: Sequence[Section]) -> list[Section]:
    """Sections with one anchor each, under the title of the first of them."""
    merged: dict[str, Section] = {}
    for section in sections:
        first = merged.get(section.anchor)
        merged[section.anchor] = section if first is None else first.extended(section)
    return list(merged.values())


def _navigation(sections: Sequence[Section]) -> Iterator[tuple[str, str]]:
    for section in sections:
        yield section.anchor, section.navigation
        yield from ((block.anchor, block.navigation) for block in section.blocks if isinstance(block, Heading) and block.anchor)


def _card_parts(sections: Sequence[Section]) -> dict[str, dict[int, list[CardPart]]]:
    """By anchor and segment, what other sections add to the cards of a section."""
    parts: dict[str, dict[int, list[CardPart]]] = {section.anchor: defaultdict(list) for section in sections}
    for section in sections:
        for (anchor, segment), part in section.card_parts.items():
            if anchor in parts:
                parts[anchor][segment].append(part)
    return parts
