"""HTML documents: one file each, without any address of the network."""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports.blocks import Chart, Figure
from reports.results.format import fixed
from reports.results.titles import color, mark

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **context: Any) -> str:
    """A template's page, with style, script and the figures it places."""
    figures: dict[str, Figure | None] = {}

    def place(chart: Chart) -> str:
        """The id of a chart, whose figure is added to the page."""
        figures[chart.id] = chart.figure
        return chart.id

    macros = _environment().get_template("macros.html")
    return (
        _environment()
        .get_template(template)
        .render(
            **context,
            part=macros.make_module({"place": place}),
            figures=lambda: _json(figures),
            style=Markup((TEMPLATES / "page.css").read_text()),
            script=Markup((TEMPLATES / "page.js").read_text()),
            plotly=Markup(_plotly()),
        )
    )


def macro(name: str, *arguments: Any) -> str:
    """One part of a page, by the name of its macro in `macros.html`."""
    macros = _environment().get_template("macros.html").module
    return str(getattr(macros, name)(*arguments))


@cache  # with its compiled templates
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_unbroken,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"color": color, "mark": mark, "fixed": fixed}
    return environment


def _unbroken(value: Any) -> Any:
    """A number and its per cent sign stay on one line."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return value.replace(" %", "\u00a0%")
    return value


def _json(content: Any) -> Markup:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(content, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


def _plotly() -> str:
    """Plotly.js, from the Python package."""
    path = files("plotly") / "package_data" / "plotly.min.js"
    return path.read_text(encoding="utf-8")
