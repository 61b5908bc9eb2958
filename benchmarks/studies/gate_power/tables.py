"""Markdown tables, numbers in their cells, and their place in a page."""

import math
from collections.abc import Sequence
from pathlib import Path

from benchmarks.environment import files
from benchmarks.errors import UserError
from benchmarks.gate.render import markdown
from benchmarks.gate.render.markdown import NONE
from benchmarks.studies.gate_power.trials import Rate

BEGIN, END = "<!-- power:begin -->", "<!-- power:end -->"

Row = dict[str, str]  # column -> text


def rewrite(page: Path, text: str) -> None:
    """Replace the text between the markers of a page.

    Raises UserError when the page or its markers are missing.
    """
    try:
        old = page.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{page} cannot be read: {error.strerror}") from error
    if old.count(BEGIN) != 1 or old.count(END) != 1:
        raise UserError(
            f"{page} needs one line {BEGIN} and one line {END}: the tables go"
            f" between them."
        )
    before, rest = old.split(BEGIN)
    after = rest.split(END)[-1]
    files.write_text(page, f"{before}{BEGIN}\n\n{text.strip()}\n\n{END}{after}")


def table(rows: Sequence[Row]) -> str:
    """A Markdown table; the columns are those of the first row."""
    lines = [markdown.header(list(rows[0]), 1)] if rows else []
    return "\n".join([*lines, *(markdown.row([*r.values()]) for r in rows)])


def change(log: float) -> str:
    """A log-ratio as a change: `+3.05 %`."""
    return f"{100 * math.expm1(log):+.2f} %"


def percent(fraction: float, digits: int = 0) -> str:
    """A fraction: `95 %`."""
    return f"{100 * fraction:.{digits}f} %"


def interval(rate: Rate) -> str:
    """The interval of a rate: `91.2 to 100.0 %`."""
    return f"{100 * rate.low:.1f} to {100 * rate.high:.1f} %"


def share(count: int, of: int) -> str:
    """A share: `3 of 64 (5 %)`."""
    return f"{count} of {of} ({percent(count / of)})" if of else NONE
