"""Dropout against over-fitting (slide 4)."""

from reports.claims import charts
from reports.claims.claim import Claim, Question, Values
from reports.claims.questions import difference, number, values
from reports.results.rows import Row
from reports.results.statistics import differences

FITTED = "fitted_accuracy"  # on the training split, after training
GAP = "gap, training less test accuracy, "


def questions(row: Row) -> list[Question]:
    """The gap between training and test accuracy, with and without dropout."""
    without, dropped = _gap(row, "without"), _gap(row, "dropout")
    return [
        Question(
            "gap without dropout less the gap with it",
            "points",
            differences(without, dropped),
        ),
        Question(
            "test accuracy with dropout less without it",
            "points",
            difference(row, "dropout", "without"),
            decides=False,
        ),
        number(f"{GAP}without", "points", without),
        number(f"{GAP}with", "points", dropped),
    ]


def _gap(row: Row, phase: str) -> Values:
    return differences(values(row, phase, FITTED), values(row, phase))


CLAIM = Claim(
    "dropout, units switched off while training, keeps a network from"
    " over-fitting",
    questions,
    [
        charts.accuracies("without", "dropout"),
        charts.intervals(
            "gap",
            "Gap: training less test accuracy",
            {f"{GAP}without": "without", f"{GAP}with": "with dropout"},
            "In points, after the last epoch, both in evaluation mode.",
        ),
    ],
)
