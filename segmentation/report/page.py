"""The page of a run: one offline HTML file made of sections."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from segmentation.report.formats import count, duration, is_missing, percent, plain
from segmentation.report.glossary import glossary
from segmentation.report.header import grade_text, headline, key_facts
from segmentation.report.palette import DARK
from segmentation.report.report_data import ReportData
from segmentation.report.run_tables import features_table, stages_table
from segmentation.report.section import Block, CardPart, Heading, Section, Template, sentence

_MAX_LENGTH = 400


def rendered(template: str, **values: Any) -> str:
    """A template, by its path below `segmentation/`, filled in; every text in the values comes out escaped."""
    return _environment().get_template(template).render(**values)


def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["dark"] = DARK
    environment.filters |= {
        "count": count,
        "percent": percent,
        "duration": duration,
        "sentence": sentence,
        "kind": _kind,
        "filled": _filled,
    }
    return environment


def _kind(block: Block) -> str:
    return type(block).__name__


def _filled(block: Template, card_parts: Mapping[int, list[CardPart]]) -> Markup:
    return Markup(rendered(block.path, **block.values, card_parts=card_parts))  # noqa: S704 - a template of ours has escaped its values


def _template(name: str) -> str:
    # By resources, not by path: a cluster may get the package as a zip.
    return resources.files("segmentation").joinpath(name).read_text(encoding="utf-8")


def _printable(value: object) -> object:
    if isinstance(value, Markup | int | float):
        return value
    return "" if is_missing(value) else plain(value, _MAX_LENGTH)


def render_page(data: ReportData, sections: Sequence[Section]) -> str:
    """The report as HTML; equal data give equal bytes.

    Every text in `data` may be hostile: it comes out escaped. `sections` are in order; those with the same anchor are shown as one.
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
