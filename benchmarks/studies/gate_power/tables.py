"""Markdown tables, and the text of their cells."""

import math
from collections.abc import Sequence

from scipy.stats import binomtest

from benchmarks.gate.render import markdown
from benchmarks.gate.render.markdown import NONE

Row = dict[str, str]  # column -> text


def table(rows: Sequence[Row]) -> str:
    """A Markdown table; the columns are those of the first row."""
    lines = [markdown.header(list(rows[0]), 1)] if rows else []
    return "\n".join([*lines, *(markdown.row([*r.values()]) for r in rows)])


def change(log_ratio: float) -> str:
    """`+3.05 %`."""
    return f"{100 * math.expm1(log_ratio):+.2f} %"


def percent(fraction: float, digits: int = 0) -> str:
    """`95 %`."""
    return f"{100 * fraction:.{digits}f} %"


def interval(count: int, of: int) -> str:
    """`91.2 to 100.0 %`: 95 %, exact (Clopper and Pearson 1934)."""
    limits = binomtest(count, of).proportion_ci(0.95, "exact")
    return f"{100 * limits.low:.1f} to {100 * limits.high:.1f} %"


def share(count: int, of: int) -> str:
    """`3 of 64 (5 %)`."""
    return f"{count} of {of} ({percent(count / of)})" if of else NONE
