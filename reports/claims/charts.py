"""Charts of claims.

A builder returns a function of a bench and a finding: a `Claim` lists these
functions, and the report calls them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from reports.blocks import Chart, Group
from reports.claims.claim import Answer, Finding
from reports.claims.questions import phases
from reports.claims.sentence import ONE, over, unit_of, value
from reports.figures import phases as figures
from reports.figures import sequences
from reports.figures.parts import (
    LOG,
    Figure,
    band,
    layout,
    two_lines,
    vertical,
    whisker,
)
from reports.results.format import capital, seeds
from reports.results.frame import Bench
from reports.results.rows import Row

Draw = Callable[[Bench, Finding], Group]
FAR = 20  # ratios beyond have a log scale
UNITS = {"points": "points of accuracy", "%": "%", "×": "ratio"}
NO_INTERVAL = "One seed: no interval."


def all_groups(bench: Bench, finding: Finding, id: str) -> list[Group]:
    """Everything that a claim draws, and last the interval that decides.

    id: the start of the charts' ids. Charts without a figure are left out.
    """
    result = []
    for draw in (*finding.claim.charts, _deciding):
        group = draw(bench, finding)
        drawn = [chart for chart in group.charts if chart.figure is not None]
        charts = [
            replace(chart, id=f"{id}-{chart.id}", wide=len(drawn) == 1)
            for chart in drawn
        ]
        style = "trio" if len(charts) == 3 else group.style
        if charts:
            result.append(replace(group, charts=charts, style=style))
    return result


def each_row(
    id: str,
    draw: Callable[[Bench, Row], Figure | None],
    caption: str,
    title: str = "{}",
    means: str = "means",
    dotted: str = "",
) -> Draw:
    """One chart per framework, all with one vertical range.

    title: with {} for the framework's name. means, dotted: what the lines
    and the dotted lines are.
    """

    def group(bench: Bench, finding: Finding) -> Group:
        drawn = [draw(bench, row) for row in finding.rows]
        figures.alike(drawn)
        charts: list[Chart] = []
        for row, name, figure in zip(
            finding.rows, finding.names, drawn, strict=True
        ):
            text = f"{caption} {_lines([row], means)}"
            text += f" Dotted: {dotted}." if _dotted(figure) else ""
            name = title.format(name)
            charts.append(Chart(f"{id}-{len(charts)}", name, text, figure))
        return Group(charts)

    return group


def accuracies(*starts: str) -> Draw:
    """Accuracy by epoch of the phases whose names begin with one of these."""
    return each_row(
        "accuracies",
        lambda bench, row: figures.accuracies(bench, row, phases(row, *starts)),
        "In %, by epoch.",
        dotted="on training examples, while training",
    )


def groups(names: Sequence[str], caption: str) -> Draw:
    """Accuracy by group of test examples, of some phases."""
    return each_row(
        "groups",
        lambda bench, row: sequences.groups(bench, row, names),
        caption,
    )


def together(
    id: str,
    title: str,
    caption: str,
    draw: Callable[[Bench, Finding], Figure | None],
) -> Draw:
    """One chart of all frameworks."""

    def group(bench: Bench, finding: Finding) -> Group:
        text = f"{caption} {_lines(finding.rows)}"
        return Group([Chart(id, title, text, draw(bench, finding))])

    return group


def intervals(
    id: str, title: str, labels: Mapping[str, str], remark: str
) -> Draw:
    """The intervals of some questions, one row per framework and question.

    labels: of each question, by its title, below the framework's name.
    """

    def group(bench: Bench, finding: Finding) -> Group:
        repeats = over(finding.by_question[next(iter(labels))])
        start = NO_INTERVAL if repeats == ONE else f"{capital(repeats)}."
        figure = _intervals(finding, labels)
        return Group([Chart(id, title, f"{start} {remark}".strip(), figure)])

    return group


def _lines(rows: list[Row], means: str = "means") -> str:
    """The caption of lines and their shades."""
    count = seeds(row.seeds for row in rows)
    if count == "1 seed":
        return NO_INTERVAL
    return f"{count}: lines are {means}; shaded: their 95 % t interval."


def _deciding(bench: Bench, finding: Finding) -> Group:
    """The intervals of the first question, with its bound."""
    question = finding.answers[0][0].question
    bound = "Dotted: the bound." if question.bound is not None else ""
    if question.side == "within":
        bound = "Shaded: within the margin."
    title = question.title
    draw = intervals("difference", capital(title), {title: ""}, bound)
    return draw(bench, finding)


def _intervals(finding: Finding, labels: Mapping[str, str]) -> Figure | None:
    traces, shown = [], []
    for number, (row, name) in enumerate(
        zip(finding.rows, finding.names, strict=True)
    ):
        for title, under in labels.items():
            answer = finding.by_question[title][number]
            if answer is not None and answer.interval is not None:
                label = two_lines(name, under) if under else name
                traces.append(_whisker(row, name, label, answer))
                shown.append(answer)
    if not shown:
        return None
    question = shown[0].question
    plan = layout(len(shown), UNITS.get(question.unit, ""))
    if question.unit == "×":
        means = [answer.interval.mean for answer in shown if answer.interval]
        if max(means) > FAR or min(means) < 1 / FAR:
            plan["xaxis"] |= LOG
    if question.bound is not None:
        bound = question.factor * question.bound
        around = question.side == "within"
        plan["shapes"] = [band(-bound, bound) if around else vertical(bound)]
    elif question.unit == "points":
        plan["xaxis"]["rangemode"] = "tozero"
    return {"data": traces, "layout": plan}


def _whisker(row: Row, name: str, label: str, answer: Answer) -> Figure:
    own, question = answer.interval, answer.question
    assert own is not None
    text = value(own.mean, question.unit) + unit_of(question)
    hover = f"<b>{name}</b><br>{question.title}<br>{text}"
    scaled = own.scaled(question.factor)
    return whisker(row.framework, label, scaled, name, hover)


def _dotted(figure: Figure | None) -> bool:
    traces = figure["data"] if figure else []
    return any(trace["line"].get("dash") == "dot" for trace in traces)
