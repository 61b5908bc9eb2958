"""Average against maximum pooling (slides 6 and 9)."""

from reports.claims import charts
from reports.claims.claim import Claim, Question
from reports.claims.questions import difference, number, values
from reports.results.rows import Row


def questions(row: Row) -> list[Question]:
    """Whether both reach the same test accuracy."""
    return [
        Question(
            "test accuracy with average pooling less with maximum",
            "points",
            difference(row, "average", "maximum"),
            "within",
            row.margin,
        ),
        number("test accuracy, average", "%", values(row, "average")),
        number("test accuracy, maximum", "%", values(row, "maximum")),
    ]


CLAIM = Claim(
    "a pooling layer takes the maximum or the mean of a region, and either"
    " serves",
    questions,
    [charts.accuracies()],
)
