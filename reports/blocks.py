"""Blocks of which reports consist: tables, charts, pictures; no markup."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from reports.results.format import NONE, between, fixed
from reports.results.statistics import Interval

Figure = dict[str, Any]  # Plotly's data and layout


@dataclass(frozen=True)
class Cell:
    """One value of a table, ready to print.

    between: its interval, or what stands below it. kind: "equivalent",
    "different" or "open", the style of a verdict, "once" and "once-not" of
    one seed's; "over" for a value beyond its bound. note: the number of a
    note below the table. tip: what it is, or why there is none.
    """

    text: str = NONE
    between: str = ""
    kind: str = ""
    note: int | None = None
    tip: str = ""


@dataclass(frozen=True)
class Column:
    """The head of a column; numbers are aligned to the right."""

    title: str
    unit: str = ""
    number: bool = True


@dataclass(frozen=True)
class Line:
    """One row of a table.

    under: smaller, below the title. framework: whose mark stands before it.
    data: the name of its synthetic stand-in, where its data are synthetic.
    strong: set in bold. link: the section that its title leads to.
    """

    title: str
    cells: list[Cell]
    under: str = ""
    framework: str = ""
    data: str = ""
    strong: bool = False
    link: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under heads; the first head is that of the rows' titles.

    remark: a paragraph below. notes: numbered, as the cells refer to them.
    style: a class of the style sheet.
    """

    @property
    def mixed(self) -> bool:
        """Whether only some rows are of synthetic data: they are marked."""
        return any(not line.data for line in self.lines)

    columns: list[Column]
    lines: list[Line]
    remark: str = ""
    notes: list[str] = field(default_factory=list)
    title: str = ""
    caption: str = ""
    style: str = ""


@dataclass(frozen=True)
class Chart:
    """A figure, its title and its caption; reason: why there is no figure."""

    id: str
    title: str
    caption: str = ""
    figure: Figure | None = None
    wide: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Legend:
    """One entry of a legend: the mark of a framework, or a color alone."""

    title: str
    framework: str = ""
    color: str = ""


@dataclass(frozen=True)
class Group:
    """Charts side by side."""

    charts: list[Chart]
    legend: list[Legend] = field(default_factory=list)
    style: str = "grid"
    title: str = ""


@dataclass(frozen=True)
class Gallery:
    """Pictures or shares in rows; reason: why they could not be read.

    rows: each with its head and its cells (`uri` and `title` of a picture,
    `share` and `title` of a shade). style: a class of the style sheet.
    """

    title: str
    caption: str = ""
    heads: list[str] = field(default_factory=list)
    rows: list[tuple[str, list[dict[str, Any]]]] = field(default_factory=list)
    style: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Section:
    """A titled part of a report."""

    id: str
    title: str
    paragraphs: list[str]
    charts: list[Chart]
    tables: list[Table]


def texts(
    title: str,
    heads: list[str],
    rows: Iterable[list[str]],
    caption: str = "",
    style: str = "texts",
) -> Table:
    """A table of words: nothing is aligned to the right."""
    columns = [Column(head, number=False) for head in heads]
    lines = [Line(first, [*map(Cell, rest)]) for first, *rest in rows]
    return Table(columns, lines, title=title, caption=caption, style=style)


def interval(own: Interval | None, places: int, sign: bool = False) -> Cell:
    """A mean and its interval; a dash where there is none."""
    if own is None:
        return Cell()
    ends = between(own.low, own.high, places)
    return Cell(fixed(own.mean, places, sign), ends)


def merged(counts: Iterable[str]) -> list[str]:
    """`over 4 seeds` and `over 5 seeds` as `over 4 to 5 seeds`."""
    ranges: dict[str, list[int]] = {}
    for text in counts:
        match = re.search(r"(?<=over )\d+(?= )", text)
        frame = text.replace(match[0], "{}", 1) if match else text
        ranges.setdefault(frame, []).extend([int(match[0])] if match else [])
    return [
        frame.replace("{}", _between(min(own, default=0), max(own, default=0)))
        for frame, own in ranges.items()
    ]


def _between(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"
