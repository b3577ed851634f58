"""Jinja templates of this package, filled in."""

from collections.abc import Mapping
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from segmentation.report.formats import count, duration, is_missing, percent, plain
from segmentation.report.palette import DARK
from segmentation.report.section import Block, CardPart, Template
from segmentation.report.tables import sentence

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
