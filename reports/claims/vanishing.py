"""Vanishing gradients in many sigmoid layers, and ReLU (slide 4)."""

from collections.abc import Iterator

from reports.blocks import Chart, Group, Legend
from reports.claims import charts
from reports.claims.claim import Claim, Finding, Question
from reports.claims.questions import number, values
from reports.figures import phases as figures
from reports.results.format import plural
from reports.results.frame import Bench
from reports.results.rows import Row
from reports.results.statistics import ratios

NORMS = "gradient_norm_ratio"  # the first layer's over the last one's


def questions(row: Row) -> list[Question]:
    """Ratios of gradient norms, and test accuracies against chance."""
    sigmoid, relu = values(row, "sigmoid", NORMS), values(row, "relu", NORMS)
    title = "gradient norm of the first layer over the last one's"
    return [
        Question(
            f"{title}, ReLU's over sigmoid's",
            "×",
            ratios(relu, sigmoid),
            bound=1.0,
        ),
        Question(f"{title}, sigmoid", "×", sigmoid, "below", 1.0),
        Question(
            "test accuracy with sigmoid",
            "%",
            values(row, "sigmoid"),
            "below",
            _chance(row, "sigmoid"),
        ),
        Question(
            "test accuracy with ReLU",
            "%",
            values(row, "relu"),
            "above",
            _chance(row, "relu"),
        ),
        number(f"{title}, ReLU", "×", relu),
    ]


def chart_groups(bench: Bench, finding: Finding) -> Iterator[Group]:
    """Gradient norms of sigmoid beside ReLU by framework, and accuracies."""
    caption = "Euclidean norm of the gradient of each layer's kernel, log"
    caption += " scale; geometric mean over {}. Zeros are not drawn."
    groups = [
        [
            Chart(
                f"gradient-{number}-{phase}",
                f"{name}, {title}",
                caption.format(plural(row.seeds, "seed")),
                figures.gradients(bench, row, phase),
            )
            for phase, title in (("sigmoid", "sigmoid"), ("relu", "ReLU"))
        ]
        for number, (row, name) in enumerate(
            zip(finding.rows, finding.names, strict=True)
        )
    ]
    figures.alike(chart.figure for group in groups for chart in group)
    legend = _layers(bench, finding.rows[0])
    for group in groups:
        yield Group(group, legend)
        legend = []  # one for all
    yield charts.accuracies(bench, finding, "sigmoid", "relu")


def _layers(bench: Bench, row: Row) -> list[Legend]:
    names = figures.layers(bench, row, row.main)
    return [
        Legend(name, colour=figures.hue(number, len(names)))
        for number, name in enumerate(names)
    ]


def _chance(row: Row, phase: str) -> float | None:
    """The accuracy of guessing plus a margin, None where it is unknown."""
    classes, margin = row.setting(phase, "spec.classes"), row.margin
    if classes is None or margin is None:
        return None
    return 1 / int(classes) + margin


CLAIM = Claim(
    "through many sigmoid layers the gradient vanishes, so that the network"
    " does not learn; ReLU eases that",
    questions,
    chart_groups,
)
