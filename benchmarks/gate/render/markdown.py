"""Markdown: text made harmless, tables, sections that are cut to size."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

NONE = "–"
LONGEST = 300  # characters of any text from outside
MORE = 60  # characters of the line that counts the rows left out


@dataclass
class Section:
    """Rows under a title; some are left out of a comment that is too long."""

    title: str  # Markdown, or the summary of a folded section
    rows: list[str] = field(default_factory=list)
    before: str = ""  # Markdown between title and rows
    header: str = ""  # of a table
    folded: bool = False
    left_out: int = 0

    def __str__(self) -> str:
        table = "\n".join(filter(None, [self.header, *self.rows]))
        more = f"… and {self.left_out:,} more: gate.json has them."
        body = "\n\n".join(
            [self.before] * bool(self.before)
            + [table] * bool(self.rows)
            + [more] * bool(self.left_out)
        )
        if self.folded:
            return (
                f"<details><summary>{self.title}</summary>\n\n{body}\n\n"
                f"</details>"
            )
        return f"#### {self.title}\n\n{body}" if self.title else body


def fit(sections: Sequence[Section], room: int) -> None:
    """Leave rows out, of folded sections first, the last of each first.

    `room`: characters for all sections, each with a blank line before it,
    and the end of the last line.
    """
    order = list(reversed(sections))
    order.sort(key=lambda section: not section.folded)
    excess = sum(len(str(section)) + 2 for section in sections) + 1 - room
    for section in order:
        if excess > 0 and section.rows:
            excess += MORE
        while section.rows and excess > 0:
            excess -= len(section.rows.pop()) + 1
            section.left_out += 1


def row(cells: Sequence[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"


def header(names: Sequence[str], left: int) -> str:
    """The header of a table, its first `left` columns left-aligned."""
    rule = [":--" if n < left else "--:" for n in range(len(names))]
    return f"{row(names)}\n{row(rule)}"


def text(outside: object) -> str:
    """Text from outside, harmless in Markdown and not too long.

    One line. No cell, code, emphasis, link or tag begins or ends in it;
    a zero-width space keeps it from mentioning a person or an issue.
    """
    plain = _shortened(" ".join(str(outside).split()))
    plain = plain.replace("&", "&amp;").replace("<", "&lt;")
    plain = re.sub(r"([\\`*_{}\[\]|~>$])", r"\\\1", plain)
    return re.sub(r"([@#](?=\w)|:(?=//)|\bwww(?=\.))", "\\1\u200b", plain)


def code(outside: object) -> str:
    """Text from outside as a code span, which no backtick ends."""
    plain = _shortened(" ".join(str(outside).split()).replace("`", "'"))
    return f"`{plain}`".replace("|", "\\|") if plain else NONE


def _shortened(plain: str) -> str:
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"
