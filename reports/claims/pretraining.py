"""Layer-wise pre-training of a deep network by autoencoders (slide 4)."""

from collections.abc import Iterator

from reports.blocks import Chart, Group
from reports.claims import charts
from reports.claims.claim import Claim, Finding, Question
from reports.claims.questions import difference, number, values
from reports.figures import phases as figures
from reports.results.frame import Bench
from reports.results.rows import Row


def questions(row: Row) -> list[Question]:
    """Test accuracy with and without pre-training."""
    return [
        Question(
            "test accuracy, pre-trained less trained directly",
            "points",
            difference(row, "pretrained", "directly"),
        ),
        number("test accuracy pre-trained", "%", values(row, "pretrained")),
        number("test accuracy trained directly", "%", values(row, "directly")),
    ]


def chart_groups(bench: Bench, finding: Finding) -> Iterator[Group]:
    """Reconstruction losses layer by layer, and accuracy by epoch."""
    rows = finding.rows
    layers = [name for name in rows[0].phases if name.startswith("layer_")]
    figure = figures.reconstructions(bench, rows, layers)
    caption = "Mean squared error by epoch, on training examples, one"
    caption += f" autoencoder after the other. {charts.lines(rows)}"
    title = "Reconstruction loss, layer by layer"
    yield Group([Chart("reconstruction", title, caption, figure)])
    yield charts.accuracies(bench, finding, "directly", "pretrained")


CLAIM = Claim(
    "layers trained beforehand as autoencoders let a deep network learn",
    questions,
    chart_groups,
)
