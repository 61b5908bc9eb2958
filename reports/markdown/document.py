"""Markdown documents: templates, and one form of table for all of them."""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.blocks import Cell, Column, Line, Table

TEMPLATES = Path(__file__).parent / "templates"
MARKS = {
    "equivalent": "✓",
    "different": "✗",
    "open": "?",
    "once": "(✓)",
    "once-not": "(✗)",
}
BREAK = " ⏎ "  # a new line, of which a cell of a table can hold none
SYNTHETIC = "**synthetic data**"


def render(template: str, **context: Any) -> str:
    """A template's document; parts that are empty leave no gap."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"table": table, "mark": MARKS.get}
    text = environment.get_template(template).render(**context)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def table(content: Table) -> str:
    """A table, its remark and its notes; nothing where it has no rows."""
    if not content.lines:
        return ""
    marked = not content.mixed
    heads = [_head(column) for column in content.columns]
    heads[0] += f", {SYNTHETIC}" if marked else ""
    numbers = [column.number for column in content.columns[1:]]
    rule = [":--", *("--:" if number else ":--" for number in numbers)]
    lines = [
        [_title(line, marked), *map(_cell, line.cells, numbers)]
        for line in content.lines
    ]
    rows = [heads, rule, *lines]
    notes = [f"({n}) {reason}" for n, reason in enumerate(content.notes, 1)]
    parts = [
        f"{content.title}. {content.caption}" if content.caption else "",
        "\n".join(f"| {' | '.join(row)} |" for row in rows),
        content.remark,
        "; ".join(notes),
    ]
    return "\n\n".join(part for part in parts if part)


def _head(column: Column) -> str:
    return _escaped(", ".join(filter(None, (column.title, column.unit))))


def _title(line: Line, marked: bool) -> str:
    under = [_escaped(line.under)] if line.under else []
    under += [SYNTHETIC] if line.data and not marked else []
    title = _escaped(line.title)
    return f"{title} ({', '.join(under)})" if under else title


def _cell(cell: Cell, number: bool) -> str:
    """A value with its interval and its mark; a verdict is its words."""
    if cell.kind == "over":
        return f"**{_escaped(cell.text)} over**"
    note = f"({cell.note})" if cell.note else ""
    mark = MARKS.get(cell.kind, "") if number else ""
    parts = _escaped(cell.text), cell.between, note, mark
    return " ".join(part for part in parts if part)


def _escaped(text: str) -> str:
    """Text that cannot end a cell or begin a tag."""
    text = BREAK.join(text.strip().splitlines())
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
