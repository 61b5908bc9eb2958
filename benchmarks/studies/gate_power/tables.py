"""Tables and numbers in Markdown, and where they go in a page."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.errors import UserError
from benchmarks.gate.decide import Rule
from benchmarks.records.verdict import CANNOT_TELL, IMPROVED, REGRESSED
from benchmarks.studies.gate_power.simulate import ORDER, World, simulate
from benchmarks.studies.gate_power.trials import Rate

BEGIN, END = "<!-- power:begin -->", "<!-- power:end -->"
NONE = "–"
SPREADS = (0.01, 0.02, 0.04)  # of a simulated pair
SIMULATED = 4000  # gates

Row = Sequence[str]


def rewrite(page: Path, text: str) -> None:
    """Put the tables between the markers of a page, at once.

    Raises UserError when the page or its markers are not there.
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
    head, rest = old.split(BEGIN)
    tail = rest.split(END)[-1]
    temporary = page.with_name(f".{page.name}.new")
    new = f"{head}{BEGIN}\n\n{text.strip()}\n\n{END}{tail}"
    temporary.write_text(new, encoding="utf-8")
    temporary.replace(page)


def table(head: Row, rows: Iterable[Row]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def simulated(rule: Rule, most: int) -> str:
    """False alarms of the rule where nobody has to wait for pairs."""
    # What is known of a cell's noise is not known of a simulated one
    rule = replace(rule, noise=0.0)
    rows = []
    for spread in SPREADS:
        for tail in (False, True):
            world = World(0.0, spread, tail)
            told = simulate(rule, world, SIMULATED, most)
            false = sum(told.words.get(w, 0) for w in (REGRESSED, IMPROVED))
            rows.append(
                [
                    f"{100 * spread:g} %, {'a tail' if tail else 'normal'}",
                    percent(false, 2),
                    percent(told.words.get(CANNOT_TELL, 0.0)),
                    f"{told.median_pairs} ({told.most_pairs})",
                ]
            )
    head = ["sd of a pair", "false alarms", "cannot tell", "pairs (95 %)"]
    return (
        f"### The rule alone, simulated\n\nNo difference, floor"
        f" {100 * rule.floor:g} %, at most {most} pairs, {SIMULATED} gates"
        f" each; starting second costs {100 * ORDER:g} %. A tail: one pair"
        f" in ten is drawn three times as wide.\n\n{table(head, rows)}"
    )


def change(log: float) -> str:
    """A log-ratio as the change that it is: `+3.05 %`."""
    return f"{100 * math.expm1(log):+.2f} %"


def percent(fraction: float, digits: int = 0) -> str:
    """A fraction: `95 %`."""
    return f"{100 * fraction:.{digits}f} %"


def interval(rate: Rate) -> str:
    """The interval of a rate: `91.2 to 100.0 %`."""
    return f"{100 * rate.low:.1f} to {100 * rate.high:.1f} %"


def share(count: int, of: int) -> str:
    """So many of so many: `3 of 64 (5 %)`."""
    return f"{count} of {of} ({percent(count / of)})" if of else NONE
