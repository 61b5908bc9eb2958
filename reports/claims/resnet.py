"""Skip connections in a network of many layers (slide 9)."""

from reports.claims import charts
from reports.claims.claim import Claim, Question
from reports.claims.questions import difference, number, values
from reports.results.rows import Row


def questions(row: Row) -> list[Question]:
    """Test accuracy with and without skip connections, fully trained."""
    plain, skips = _last(row, "plain"), _last(row, "skips")
    target = row.config.get("workload.target_accuracy")
    return [
        Question(
            "test accuracy with skips less without them",
            "points",
            difference(row, skips, plain),
        ),
        Question(
            "test accuracy with skips",
            "%",
            values(row, skips),
            "above",
            None if target is None else float(target),
            decides=False,
            in_sentence=True,
        ),
        number("test accuracy without skips", "%", values(row, plain)),
    ]


def _last(row: Row, start: str) -> str:
    """The last phase whose name begins with `start`."""
    names = [phase for phase in row.phases if phase.startswith(start)]
    return names[-1] if names else start


CLAIM = Claim(
    "skip connections carry the error on as it is, so that a network of many"
    " layers can be trained",
    questions,
    lambda bench, finding: [charts.accuracies(bench, finding)],
)
