"""Layer-wise pre-training of a deep network by autoencoders (slide 4)."""

from reports.claims import charts
from reports.claims.claim import Claim, Question
from reports.claims.questions import difference, number, phases, values
from reports.figures.phases import reconstructions
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


CLAIM = Claim(
    "layers trained beforehand as autoencoders let a deep network learn",
    questions,
    [
        charts.together(
            "reconstruction",
            "Reconstruction loss, layer by layer",
            "Mean squared error by epoch, on training examples, one autoencoder"
            " after the other.",
            lambda bench, finding: reconstructions(
                bench, finding.rows, phases(finding.rows[0], "layer_")
            ),
        ),
        charts.accuracies("directly", "pretrained"),
    ],
)
