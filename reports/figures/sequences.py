"""Figures of networks that read sequences: over distance, length, groups.

Lines are means over seeds, the shade around them a 95 % t interval.
"""

import re
from collections.abc import Sequence

from reports.figures.parts import LINES, LOG, Figure, chart, line
from reports.figures.phases import over_seeds
from reports.results.frame import Bench
from reports.results.rows import Row
from reports.results.titles import color, framework_title

GROUP = "test_accuracy_"


def distances(bench: Bench, row: Row, phases: Sequence[str]) -> Figure | None:
    """Norm of the gradient by each earlier input, log scale.

    Solid: after training. Dotted: before it.
    """
    traces = []
    for number, phase in enumerate(phases):
        for when, dash in (("after", "solid"), ("before", "dot")):
            curve = f"{phase}.distance/{when}"
            points = over_seeds(bench, row, curve, log=True)
            style = {"color": LINES[number], "dash": dash}
            name = f"{phase.upper()}, {when}"
            traces += line(points, name, style, "", band=when == "after")
    figure = chart(traces, "steps back from the output", "norm of the gradient")
    if figure is not None:
        figure["layout"]["yaxis"] |= LOG
    return figure


def groups(bench: Bench, row: Row, phases: Sequence[str]) -> Figure | None:
    """Test accuracy of each group of examples; `` is the whole training."""
    traces = []
    names = group_names(row, phases[0] if phases else "")
    for number, phase in enumerate(phases):
        start = f"{phase}." if phase else ""
        points = over_seeds(bench, row, f"{start}groups/accuracy")
        style = {"color": LINES[number % len(LINES)], "dash": "solid"}
        title = phase or framework_title(row.framework)
        traces += line(points, title, style, "%", 100, mark=True)
    title = re.sub(r"_.*", "", names[0]) if names else "group"
    if names and _number(names[0]) is None:  # `seen`, `unseen`: no scale
        title = "words"
    figure = chart(traces, title, "test accuracy, %")
    if figure is not None:
        ticks = [group_title(re.sub(r"^\D*_", "", name)) for name in names]
        figure["layout"]["xaxis"] |= {
            "tickvals": [*range(len(names))],
            "ticktext": ticks,
            # Falling, the last one would leave the figure, and is hidden
            "tickangle": -35,
        }
    return figure


def group_names(row: Row, phase: str) -> list[str]:
    """Of a data set's groups, in their order: by number where they have one."""
    start = f"{phase}.{GROUP}" if phase else GROUP
    groups = dict.fromkeys(
        name.removeprefix(start)
        for detail in (row.details[name] for name in row.cells["record"])
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


def bleu(bench: Bench, rows: Sequence[tuple[Row, str]]) -> Figure | None:
    """BLEU over the length of the source, of several rows.

    rows: each with how its line is drawn ("solid", "dot").
    """
    traces = []
    for row, dash in rows:
        curve = "bleu_by_length/{}"
        starts = dict(over_seeds(bench, row, curve.format("from")))
        points = [
            (starts[at].mean, score)
            for at, score in over_seeds(bench, row, curve.format("bleu"))
            if at in starts
        ]
        style = {"color": color(row.framework), "dash": dash}
        name = framework_title(row.framework)
        name += "" if dash == "solid" else ", without attention"
        traces += line(points, name, style, "BLEU", mark=True)
    return chart(traces, "words of the sentence, from", "BLEU")
