"""A page: one HTML file with all in it, fit for a phone, needing no net."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports.figures.bars import Figure

TEMPLATES = Path(__file__).parent / "templates"


def render(
    template: str, charts: dict[str, Figure], context: dict[str, Any]
) -> str:
    """The whole page of a template, with style, script and figures.

    charts: figures by the ids that the template gives to `chart`.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_unbroken,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(
        **context,
        charts=set(charts),
        figures=_script(json.dumps(charts, separators=(",", ":"))),
        style=Markup((TEMPLATES / "page.css").read_text()),
        script=Markup((TEMPLATES / "page.js").read_text()),
        plotly=Markup(_plotly()),
    )


def _unbroken(value: Any) -> Any:
    """A number and its per cent sign stay on one line."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return value.replace(" %", "\u00a0%")
    return value


def _script(text: str) -> Markup:
    """JSON that cannot end the script element it stands in."""
    safe = text.replace("<", "\\u003c").replace("\u2028", "\\u2028")
    return Markup(safe.replace("\u2029", "\\u2029"))


def _plotly() -> str:
    """Plotly.js, from the Python package: nothing is fetched."""
    path = files("plotly") / "package_data" / "plotly.min.js"
    return path.read_text(encoding="utf-8")
