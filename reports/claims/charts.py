"""Charts of claims: one per framework side by side, and of intervals."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from reports.blocks import Chart, Group
from reports.claims.claim import Answer, Finding, Question
from reports.claims.sentence import capital, unit_of, value
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
from reports.results.format import seeds
from reports.results.frame import Bench
from reports.results.rows import Row

FAR = 20  # ratios beyond have a log scale
UNITS = {"points": "points of accuracy", "%": "%", "×": "ratio"}
ONE = "1 seed"
NO_INTERVAL = "One seed: no interval."
DOTTED = " Dotted: on training examples, while training."
STYLES = {1: "wide", 3: "trio"}  # by the number of charts side by side


def all_groups(bench: Bench, finding: Finding, id: str) -> list[Group]:
    """Everything that a claim draws, and last the interval that decides.

    id: the start of the charts' ids. Charts without a figure are left out.
    """
    draw = finding.claim.charts
    groups = [*(draw(bench, finding) if draw else ()), deciding(finding)]
    return [own for group in groups if (own := _placed(group, id)).charts]


def _placed(group: Group, id: str) -> Group:
    drawn = [chart for chart in group.charts if chart.figure is not None]
    return replace(
        group,
        charts=[
            replace(chart, id=f"{id}-{chart.id}", wide=len(drawn) == 1)
            for chart in drawn
        ],
        style=STYLES.get(len(drawn), group.style),
    )


def each_row(
    finding: Finding,
    id: str,
    draw: Callable[[Row], Figure | None],
    caption: str,
    title: str = "{}",
    means: str = "means",
) -> Group:
    """One chart per framework, all with one vertical range.

    title: with {} for the framework's name. means: what the lines are.
    """
    drawn = [draw(row) for row in finding.rows]
    figures.alike(drawn)
    return Group(
        [
            Chart(
                f"{id}-{number}",
                title.format(name),
                f"{caption} {lines([row], means)}",
                figure,
            )
            for number, (row, name, figure) in enumerate(
                zip(finding.rows, finding.names, drawn, strict=True)
            )
        ]
    )


def accuracies(bench: Bench, finding: Finding, *names: str) -> Group:
    """Accuracy by epoch of the phases whose names begin with one of these."""
    phases = [
        phase
        for phase in finding.rows[0].phases
        if phase.startswith(names or ("",))
    ]
    group = each_row(
        finding,
        "accuracies",
        lambda row: figures.accuracies(bench, row, phases),
        "In %, by epoch.",
    )
    charts = [
        replace(chart, caption=chart.caption + DOTTED * _dotted(chart.figure))
        for chart in group.charts
    ]
    return Group(charts)


def groups(
    bench: Bench, finding: Finding, phases: Sequence[str], caption: str
) -> Group:
    """Accuracy by group of test examples."""
    return each_row(
        finding,
        "groups",
        lambda row: sequences.groups(bench, row, phases),
        caption,
    )


def deciding(finding: Finding) -> Group:
    """The intervals of the first question, with its bound."""
    question = finding.answers[0][0].question
    bound = "Dotted: the bound."
    if question.side == "within":
        bound = "Shaded: within the margin."
    if question.bound is None:
        bound = ""
    title = capital(question.title)
    return Group([interval(finding, question, "difference", title, bound)])


def interval(
    finding: Finding, question: Question, id: str, title: str, remark: str = ""
) -> Chart:
    """The intervals of one question, one row per framework."""
    level = 90 if question.side == "within" else 95
    caption = f"{whiskers(finding, question, level)} {remark}".strip()
    return Chart(id, title, caption, intervals(finding, [question.title]))


def intervals(
    finding: Finding, titles: Sequence[str], labels: Sequence[str] = ()
) -> Figure | None:
    """Intervals of some questions, one row per framework and question.

    labels: below the framework's name, one per question.
    """
    traces, shown = [], []
    for row, name, answers in zip(
        finding.rows, finding.names, finding.answers, strict=True
    ):
        for answer in answers:
            title = answer.question.title
            if title in titles and answer.interval is not None:
                label = name
                if labels:
                    label = two_lines(name, labels[titles.index(title)])
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


def lines(rows: list[Row], means: str = "means") -> str:
    """The caption of lines and their shades."""
    count = seeds(row.seeds for row in rows)
    if count == ONE:
        return NO_INTERVAL
    return f"{count}: lines are {means}; shaded: their 95 % t interval."


def whiskers(
    finding: Finding, question: Question | None = None, level: int = 95
) -> str:
    """The caption of marks and whiskers, over the seeds that have a value."""
    counts = [
        answer.interval.count
        for answers in finding.answers
        for answer in answers
        if question
        and answer.question.title == question.title
        and answer.interval
    ]
    count = seeds(counts or [row.seeds for row in finding.rows])
    if count == ONE:
        return NO_INTERVAL
    paired = ", paired by seed" if question and question.paired else ""
    ratio = question is not None and question.unit == "×"
    mean = "geometric mean" if ratio else "mean"
    return f"{count}{paired}: {mean}, {level} % t interval."


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
