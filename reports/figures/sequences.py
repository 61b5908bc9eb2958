"""Figures of networks that read sequences: over distance, length, groups.

Lines are means over seeds, the shade around them a 95 % t interval.
"""

import re
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

from reports.figures.parts import LINES, LOG, Figure, chart, line, short
from reports.figures.phases import over_seeds
from reports.results.frame import Bench
from reports.results.rows import Row
from reports.results.statistics import interval
from reports.results.titles import color, framework_title

GROUP = "test_accuracy_"
EXPECTED = {"groups": "ideal learner", "control": "chance"}


def distances(bench: Bench, row: Row, phases: Sequence[str]) -> Figure | None:
    """Norm of the gradient by each earlier input, log scale.

    Solid: after training. Dotted: before it.
    """
    traces = []
    for phase, stroke in zip(phases, LINES, strict=False):
        for when, dash in (("after", "solid"), ("before", "dot")):
            curve = f"{phase}.distance/{when}"
            points = over_seeds(bench, row, curve, log=True)
            name, band = f"{phase.upper()}, {when}", when == "after"
            traces += line(points, name, stroke, dash=dash, band=band)
    x = "steps back from the output"
    return chart(traces, x, "norm of the gradient", yaxis=LOG)


def groups(bench: Bench, row: Row, phases: Sequence[str]) -> Figure | None:
    """Test accuracy of each group of examples; `` is the whole training."""
    traces = []
    names = group_names(row, phases[0] if phases else "")
    for phase, stroke in zip(phases, cycle(LINES), strict=False):
        start = f"{phase}." if phase else ""
        points = over_seeds(bench, row, f"{start}groups/accuracy")
        title = phase or framework_title(row.framework)
        traces += line(points, title, stroke, "%", 100, mark=True)
    title = re.sub(r"_.*", "", names[0]) if names else "group"
    if names and _number(names[0]) is None:  # `seen`, `unseen`: no scale
        title = "words"
    axis = {
        "tickvals": [*range(len(names))],
        "ticktext": [group_title(re.sub(r"^\D*_", "", n)) for n in names],
        "tickangle": -35,  # falling, the last one would leave the figure
    }
    return chart(traces, title, "test accuracy, %", xaxis=axis)


def shown_examples(
    bench: Bench, row: Row, ideal: Callable[[int], float], chance: float
) -> Figure | None:
    """Accuracy by examples shown, of the test split and the control.

    Dotted: what an ideal learner reaches, and chance.
    """
    traces = []
    curves = {"unseen tasks": "groups", "labels shuffled": "control"}
    for (name, curve), stroke in zip(curves.items(), LINES, strict=False):
        points = over_seeds(bench, row, f"{curve}/accuracy")
        traces += line(points, name, stroke, "%", 100, mark=True)
        expected = [
            (at, interval([chance if curve == "control" else ideal(int(at))]))
            for at, _ in points
        ]
        traces += line(expected, EXPECTED[curve], stroke, "%", 100, "dot")
    return chart(traces, "examples shown", "accuracy, %")


def by_key_width(
    bench: Bench, row: Row, kind: str, title: str, **axis: Any
) -> Figure | None:
    """`variance` of scores, or `entropy` of weights, over d_k, log scale."""
    traces = []
    names = {"scaled": "divided by √d_k", "unscaled": "not divided"}
    for (start, name), stroke in zip(names.items(), LINES, strict=False):
        points = over_seeds(bench, row, f"key_width/{start}_{kind}")
        traces += line(points, name, stroke, mark=True)
    ticks = [at for at, _ in points]
    x = {
        "type": "log",
        "tickvals": ticks,
        "ticktext": [f"{n:g}" for n in ticks],
    }
    return chart(traces, "d_k", title, xaxis=x, yaxis=axis)


def group_names(row: Row, phase: str) -> list[str]:
    """Of a data set's groups, in their order: by number where they have one."""
    start = f"{phase}.{GROUP}" if phase else GROUP
    groups = dict.fromkeys(
        name.removeprefix(start)
        for detail in row.own
        for name in [*detail["units"], *detail["missing"]]
        if name.startswith(start)
    )
    return sorted(groups, key=lambda name: _number(name) or 0)


def group_title(group: str) -> str:
    """`words_101_200` as `words 101–200`, `words_401_up` as `words 401 on`."""
    text = re.sub(r"(\d)_(\d)", r"\1–\2", group)
    return text.replace("_up", " on").replace("_", " ")


def _number(name: str) -> int | None:
    """The first number in a group's name."""
    digits = re.search(r"\d+", name)
    return int(digits[0]) if digits else None


def bleu(bench: Bench, rows: Sequence[tuple[Row, str, str]]) -> Figure | None:
    """BLEU over the length of the source, of several rows.

    rows: each with how its line is drawn ("solid", "dash", "dot"), and what
    its name has behind the framework's.
    """
    traces = []
    for row, dash, title in rows:
        curve = "bleu_by_length/{}"
        starts = dict(over_seeds(bench, row, curve.format("from")))
        points = [
            (starts[at].mean, score)
            for at, score in over_seeds(bench, row, curve.format("bleu"))
            if at in starts
        ]
        name = framework_title(row.framework) + title
        shown = color(row.framework)
        traces += line(points, name, shown, "BLEU", dash=dash, mark=True)
    return chart(traces, "words of the sentence, from", "BLEU")


def over_seconds(
    rows: Sequence[tuple[Row, str, str]], metric: str, title: str
) -> Figure | None:
    """A metric over the seconds of training, a point a seed; as `bleu`."""
    marks = {"solid": "circle", "dash": "square-open", "dot": "circle-open"}
    traces = []
    for row, dash, after in rows:
        seconds, reached = (
            row.measured(name) for name in ("training_seconds", metric)
        )
        seeds = sorted(set(seconds) & set(reached))
        name = framework_title(row.framework) + after
        trace = {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": [short(seconds[seed]) for seed in seeds],
            "y": [short(reached[seed]) for seed in seeds],
            "line": {},
            "marker": {
                "symbol": marks[dash],
                "size": 9,
                "color": color(row.framework),
            },
            "hovertemplate": f"<b>{name}</b><br>%{{x}} s: %{{y}} {title}"
            "<extra></extra>",
        }
        traces += [trace] if seeds else []
    return chart(traces, "seconds of training", title)
