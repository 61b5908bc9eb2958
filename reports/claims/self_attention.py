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
        charts.together(
            "variance",
            "Variance of scores",
            "Of random queries and keys whose components have variance 1, the"
            " same in every framework; log scales.",
            lambda bench, finding: by_key_width(
                bench,
                finding.rows[0],
                "variance",
                "variance of scores",
                type="log",
            ),
        ),
        charts.together(
            "entropy",
            "Entropy of weights",
            "Of the same, over 16 keys: the logarithm of 16 where all weigh"
            " the same, 0 where one has all.",
            lambda bench, finding: by_key_width(
                bench, finding.rows[0], "entropy", "entropy of weights, nats"
            ),
        ),
    ],
)
