"""Figures of a training's phases: one chart per framework, drawn alike.

Lines are means over seeds, the shade around them a 95 % t interval.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import cycle

import pandas as pd

from reports.figures.parts import LINES, LOG, Figure, Point, chart, line
from reports.results import statistics
from reports.results.frame import Bench
from reports.results.rows import Row
from reports.results.titles import color, framework_title

FEW = 10  # epochs: each has its tick


def accuracies(bench: Bench, row: Row, phases: Sequence[str]) -> Figure | None:
    """Test accuracy by epoch, and while training where two are compared."""
    traces = []
    for phase, stroke in zip(phases, cycle(LINES), strict=False):
        name = phase.replace("_", " ")
        points = over_seeds(bench, row, f"{phase}.epoch/test_accuracy")
        traces += line(points, name, stroke, "%", 100)
        if len(phases) > 2:
            continue
        points = over_seeds(bench, row, f"{phase}.epoch/train_accuracy")
        added = line(points, f"{name}, training", stroke, "%", 100, "dot")
        for trace in added:
            trace["showlegend"] = False  # dotted: explained in the caption
            trace.get("marker", {})["symbol"] = "circle-open"
        traces += added
    epochs = max((at for trace in traces for at in trace["x"]), default=0)
    ticks = {"dtick": 1} if epochs <= FEW else {}  # no half epochs
    return chart(traces, "epoch", "accuracy, %", xaxis=ticks)


def gradients(bench: Bench, row: Row, phase: str) -> Figure | None:
    """The norm of each kernel's gradient over training, log scale."""
    names = layers(bench, row, phase)
    traces = []
    for number, layer in enumerate(names):
        curve = f"{phase}.gradient/{layer}"
        points = [
            (at, norm)
            for at, norm in over_seeds(bench, row, curve, log=True)
            if norm.mean > 0  # a logarithm shows no zero
        ]
        traces += line(points, layer, hue(number, len(names)), band=False)
    return chart(
        traces,
        "training step",
        "norm of the gradient",
        yaxis={**LOG, "dtick": 2},
        showlegend=False,  # the section has one for all
    )


def layers(bench: Bench, row: Row, phase: str) -> list[str]:
    """A network's layers that have gradients recorded, input to output."""
    start = f"{phase}.gradient/"
    own = curves_of(bench, row)
    names = {
        curve.removeprefix(start)
        for curve in own["curve"]
        if curve.startswith(start)
    }
    return sorted(names, key=_depth)


def hue(number: int, count: int) -> str:
    """From red for the first to blue for the last; good on both grounds."""
    share = number / max(count - 1, 1)
    return f"hsl({10 + 230 * share:.0f},55%,50%)"


def reconstructions(
    bench: Bench, rows: Sequence[Row], phases: Sequence[str]
) -> Figure | None:
    """Reconstruction loss by epoch, one autoencoder after the other."""
    traces = []
    for row in rows:
        name, shown = framework_title(row.framework), True
        for number, phase in enumerate(phases, 1):
            losses = over_seeds(bench, row, f"{phase}.epoch/train_loss")
            points = [
                (number + (at - 0.5) / len(losses) - 0.5, loss)
                for at, loss in losses
            ]
            added = line(points, name, color(row.framework), mark=True)
            for trace in added:
                trace["legendgroup"] = name
                trace["showlegend"] = shown and "name" in trace
            shown = shown and not added
            traces += added
    ticks = {"tickvals": [*range(1, len(phases) + 1)]}
    zero = {"rangemode": "tozero"}
    title = "mean squared error"
    return chart(traces, "layer", title, xaxis=ticks, yaxis=zero)


def by_labels(
    row: Row, ways: Sequence[str], counts: Sequence[int]
) -> Figure | None:
    """Test accuracy over labels per class, one line for each way."""
    traces = []
    for way, stroke in zip(ways, LINES, strict=False):
        points = [
            (float(count), statistics.interval([*values.values()]))
            for count in counts
            if (values := row.measured(f"{way}_{count}.test_accuracy"))
        ]
        traces += line(points, way, stroke, "%", 100, mark=True)
    axis = {
        "type": "log",
        "tickvals": [*counts],
        "ticktext": [*map(str, counts)],
    }
    return chart(traces, "labels per class", "test accuracy, %", xaxis=axis)


def alike(figures: Iterable[Figure | None]) -> None:
    """Give charts that stand side by side one vertical range."""
    drawn = [figure for figure in figures if figure is not None]
    values = [
        value
        for figure in drawn
        for trace in figure["data"]
        for value in trace["y"]
        if value is not None
    ]
    if not values:
        return
    low, high = min(values), max(values)
    if drawn[0]["layout"]["yaxis"].get("type") == "log":
        low, high = math.log10(low), math.log10(high)
    room = 0.05 * (high - low) or 0.5
    for figure in drawn:
        figure["layout"]["yaxis"]["range"] = [low - room, high + room]


def over_seeds(
    bench: Bench, row: Row, curve: str, log: bool = False
) -> list[Point]:
    """A curve's points: the mean over seeds and its interval at each step.

    log: of the logarithms (a geometric mean); a step where some seed has
    no positive value has no point.
    """
    by_step: dict[float, list[float]] = {}
    for record in row.cells["record"]:
        for step, value in bench.points.get((record, curve), []):
            by_step.setdefault(step, []).append(value)
    points = []
    for step, values in sorted(by_step.items()):
        if log and min(values) <= 0:
            continue
        mean = statistics.geometric if log else statistics.interval
        points.append((step, mean(values)))
    return points


def curves_of(bench: Bench, row: Row) -> pd.DataFrame:
    """The points of all curves of a row's cells."""
    return bench.curves[bench.curves["record"].isin(row.cells["record"])]


def _depth(layer: str) -> tuple[int, int, str]:
    """hidden.0, hidden.1, ..., hidden.10, and what is not numbered last."""
    name, _, number = layer.rpartition(".")
    if number.isdigit():
        return 0, int(number), name
    return 1, 0, layer
