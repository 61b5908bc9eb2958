"""Skip connections in a network of many layers (slide 9)."""

from reports.claims import charts
from reports.claims.claim import Claim, Question
from reports.claims.questions import difference, number, setting, values
from reports.results.rows import Row


def questions(row: Row) -> list[Question]:
    """Test accuracy with and without skip connections, fully trained."""
    last = {name.partition("_")[0]: name for name in row.phases}
    plain, skips = last.get("plain", "plain"), last.get("skips", "skips")
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
            bound=setting(row, "target_accuracy"),
            decides=False,
            in_sentence=True,
        ),
        number("test accuracy without skips", "%", values(row, plain)),
    ]


CLAIM = Claim(
    "skip connections carry the error on as it is, so that a network of many"
    " layers can be trained",
    questions,
    [charts.accuracies()],
)
