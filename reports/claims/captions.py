"""What lines, marks and their intervals are: the words below a chart."""

from reports.claims.claim import Finding, Question
from reports.results.format import plural
from reports.results.rows import Row

ONE = "1 seed"


def lines(rows: list[Row], means: str = "means") -> str:
    """What lines and their shades are."""
    seeds = _seeds(rows)
    if seeds == ONE:
        return "One seed: no interval."
    return f"{seeds}: lines are {means}; shaded: their 95 % t interval."


def whiskers(
    found: Finding, question: Question | None = None, level: int = 95
) -> str:
    """What marks and their whiskers are; fewer seeds may be paired than ran."""
    counts = [
        one.interval.count
        for answers in found.answers
        for one in answers
        if question and one.question.title == question.title and one.interval
    ]
    seeds = _between(counts or [row.seeds for row in found.rows])
    unit = question.unit if question else ""
    if seeds == ONE:
        return "One seed: no interval."
    paired = ", paired by seed" * bool(question and question.paired)
    mean = "geometric mean" if unit == "×" else "mean"
    return f"{seeds}{paired}: {mean}, {level} % t interval."


def _seeds(rows: list[Row]) -> str:
    return _between([row.seeds for row in rows])


def _between(counts: list[int]) -> str:
    low, high = min(counts), max(counts)
    return plural(high, "seed") if low == high else f"{low} to {high} seeds"
