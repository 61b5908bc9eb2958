"""Vanishing gradients in many sigmoid layers, and ReLU (slide 4)."""

from reports.blocks import Chart, Group, Legend
from reports.claims import charts
from reports.claims.claim import Claim, Finding, Question
from reports.claims.questions import number, setting, values
from reports.figures import phases as figures
from reports.results.format import plural
from reports.results.frame import Bench
from reports.results.rows import Row
from reports.results.statistics import ratios

NORMS = "gradient_norm_ratio"  # the first layer's over the last one's
ACTIVATIONS = {"sigmoid": "sigmoid", "relu": "ReLU"}
CAPTION = (
    "Euclidean norm of the gradient of each layer's kernel, log scale;"
    " geometric mean over {}. Zeros are not drawn."
)


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
            bound=_chance(row, "relu"),
        ),
        number(f"{title}, ReLU", "×", relu),
    ]


def gradients(bench: Bench, finding: Finding) -> Group:
    """Gradient norms by layer, sigmoid beside ReLU of each framework."""
    shown = [
        Chart(
            f"gradient-{number}-{phase}",
            f"{name}, {title}",
            CAPTION.format(plural(row.seeds, "seed")),
            figures.gradients(bench, row, phase),
        )
        for number, (row, name) in enumerate(
            zip(finding.rows, finding.names, strict=True)
        )
        for phase, title in ACTIVATIONS.items()
    ]
    figures.alike(chart.figure for chart in shown)
    first = finding.rows[0]
    layers = figures.layers(bench, first, first.main)
    legend = [
        Legend(layer, color=figures.hue(number, len(layers)))
        for number, layer in enumerate(layers)
    ]
    return Group(shown, legend)


def _chance(row: Row, phase: str) -> float | None:
    """The accuracy of guessing plus a margin, None where it is unknown."""
    classes, margin = setting(row, "spec.classes", phase), row.margin
    return 1 / classes + margin if classes and margin is not None else None


CLAIM = Claim(
    "through many sigmoid layers the gradient vanishes, so that the network"
    " does not learn; ReLU eases that",
    questions,
    [gradients, charts.accuracies(*ACTIVATIONS)],
)
