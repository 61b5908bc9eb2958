"""Sections of a comment, and how they are cut to size."""

from dataclasses import dataclass, field

MORE = 60  # characters of the line that says what was left out


@dataclass
class Part:
    """A section: rows may be left out where a comment grows too long."""

    title: str  # Markdown, or the summary of what is folded
    rows: list[str] = field(default_factory=list)
    before: str = ""  # Markdown between title and rows
    head: str = ""  # of a table
    after: str = ""
    folded: bool = False
    left_out: int = 0

    def __str__(self) -> str:
        table = "\n".join([*([self.head] if self.head else []), *self.rows])
        more = f"… and {self.left_out:,} more: gate.json has them."
        blocks = [
            self.before,
            table if self.rows else "",
            more if self.left_out else "",
            self.after,
        ]
        body = "\n\n".join(block for block in blocks if block)
        if self.folded:
            return (
                f"<details><summary>{self.title}</summary>\n\n{body}\n\n"
                f"</details>"
            )
        return f"#### {self.title}\n\n{body}" if self.title else body


def fit(parts: list[Part], room: int) -> None:
    """Leave rows out, of folded parts first, the last of each first.

    `room`: characters for all parts, each with a blank line before it, and
    the end of the last line.
    """
    order = [part for part in reversed(parts) if part.folded]
    order += [part for part in reversed(parts) if not part.folded]
    over = sum(len(str(part)) + 2 for part in parts) + 1 - room
    for part in order:
        if over > 0 and part.rows:
            over += MORE
        while part.rows and over > 0:
            over -= len(part.rows.pop()) + 1
            part.left_out += 1


def row(cells: list[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"


def head_of(names: tuple[str, ...], left: int) -> str:
    """The head of a table, its first `left` columns set to the left."""
    rule = [":--" if n < left else "--:" for n in range(len(names))]
    return "\n".join([row(list(names)), row(rule)])
