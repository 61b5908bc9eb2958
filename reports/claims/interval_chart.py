"""What every framework says to a claim's questions, as marks with whiskers."""

from collections.abc import Sequence
from typing import Any

from reports.claims.claim import Answer, Finding
from reports.claims.sentence import unit_of, value
from reports.figures.bars import Figure, layout, two_lines
from reports.results.rows import Row
from reports.results.titles import colour, mark

FAR = 20  # ratios beyond are drawn on a log scale
UNITS = {"points": "points of accuracy", "%": "%", "×": "ratio"}


def leading(found: Finding) -> Figure | None:
    """The question that decides first, one row per framework."""
    return asked(found, [found.answers[0][0].question.title])


def asked(
    found: Finding, titles: Sequence[str], labels: Sequence[str] = ()
) -> Figure | None:
    """Some questions, one row per framework and question.

    labels: what stands under the framework's name, one per question.
    """
    rows = [
        (row, name, answer, titles.index(answer.question.title))
        for row, name, answers in zip(
            found.rows, found.names, found.answers, strict=True
        )
        for answer in answers
        if answer.question.title in titles and answer.interval is not None
    ]
    if not rows:
        return None
    traces = []
    for row, name, answer, number in rows:
        label = two_lines(name, labels[number]) if labels else name
        traces.append(_whisker(row, name, label, answer))
    question = rows[0][2].question
    plan = layout(len(rows), UNITS.get(question.unit, ""))
    if question.unit == "×":
        means = [a.interval.mean for *_, a, _ in rows if a.interval]
        far = max(means) > FAR or min(means) < 1 / FAR
        if far:
            plan["xaxis"] |= {"type": "log", "exponentformat": "power"}
    bound = question.bound
    if bound is not None:
        plan["shapes"] = _bounds(question.side, question.factor * bound)
    elif question.unit == "points":
        plan["xaxis"]["rangemode"] = "tozero"
    return {"data": traces, "layout": plan}


def _whisker(row: Row, name: str, label: str, answer: Answer) -> dict[str, Any]:
    found, question = answer.interval, answer.question
    assert found is not None
    factor = question.factor
    text = value(found.mean, question.unit) + unit_of(question)
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [factor * found.mean],
        "y": [label],
        "marker": {
            "symbol": mark(row.framework),
            "size": 11,
            "color": colour(row.framework),
            "line": {"width": 1.5, "color": "var(--panel)"},
        },
        "hovertemplate": f"<b>{name}</b><br>{question.title}<br>{text}"
        "<extra></extra>",
    }
    if found.low is not None and found.high is not None:
        trace["error_x"] = {
            "type": "data",
            "symmetric": False,
            "array": [factor * (found.high - found.mean)],
            "arrayminus": [factor * (found.mean - found.low)],
            "color": colour(row.framework),
            "thickness": 2,
            "width": 5,
        }
    return trace


def _bounds(side: str, bound: float) -> list[dict[str, Any]]:
    """A line at the bound; around nothing, the band that counts as none."""
    shape: dict[str, Any] = {"yref": "paper", "y0": 0, "y1": 1}
    shape |= {"layer": "below", "x1": bound}
    if side == "within":
        shape |= {"type": "rect", "x0": -bound, "fillcolor": "var(--band)"}
        return [shape | {"line": {"width": 0}}]
    line = {"color": "var(--slide)", "width": 1.5, "dash": "dot"}
    return [shape | {"type": "line", "x0": bound, "line": line}]
