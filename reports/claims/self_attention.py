"""Why scores are divided by the root of d_k (slides 26 and 27)."""

from reports.claims import charts
from reports.claims.claim import Claim, Question
from reports.claims.questions import difference, number, phases, values
from reports.figures.sequences import by_key_width
from reports.results.rows import Row
from reports.results.statistics import differences

ENTROPY, VARIANCE = "weights_entropy", "scores_variance"


def questions(row: Row) -> list[Question]:
    """Test accuracy with and without the root; what scores are like."""
    widths = sorted(
        (int(name.removeprefix("scaled_")) for name in phases(row, "scaled_")),
        reverse=True,
    )
    result = [
        Question(
            f"test accuracy, scores divided by √d_k less not, d_k {width}",
            "points",
            difference(row, f"scaled_{width}", f"unscaled_{width}"),
            decides=width == widths[0],
        )
        for width in widths
    ]
    scaled, unscaled = (
        values(row, "", f"{name}_{ENTROPY}") for name in ("scaled", "unscaled")
    )
    result.append(
        Question(
            "entropy of weights, nats, divided by √d_k less not, d_k 512",
            "",
            differences(scaled, unscaled),
            difference=True,
        )
    )
    for name, title in (("scaled", "divided by √d_k"), ("unscaled", "as is")):
        own = values(row, "", f"{name}_{VARIANCE}")
        result.append(number(f"variance of scores {title}, d_k 512", "", own))
    return result


CLAIM = Claim(
    "without the division by √d_k the variance of scores grows with d_k,"
    " softmax keeps one weight, and the network learns worse",
    questions,
    [
        charts.accuracies("scaled", "unscaled"),
        charts.each_row(
            "variance",
            lambda bench, row: by_key_width(
                bench, row, "variance", "variance of scores", type="log"
            ),
            "Of random queries and keys whose components have variance 1, log"
            " scales.",
            "Variance of scores, {}",
        ),
        charts.each_row(
            "entropy",
            lambda bench, row: by_key_width(
                bench, row, "entropy", "entropy of weights, nats"
            ),
            "Of the same, over 16 keys: the logarithm of 16 where all weigh"
            " the same, 0 where one has all.",
            "Entropy of weights, {}",
        ),
    ],
)
