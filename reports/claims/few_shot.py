"""Few-shot learning: a task given by examples in the input (slide 31).

What is measured is look-up in context: a network can answer an input that
was shown. It is no generalization to unseen inputs.
"""

from benchmarks.data.sets import lookup
from reports.claims import charts
from reports.claims.claim import Claim, Question, Side, Values
from reports.claims.questions import ACCURACY, number, values
from reports.figures.sequences import shown_examples
from reports.results.rows import Row
from reports.results.statistics import differences
from reports.results.titles import workload_bound

CONTROL = "control_accuracy"
CHANCE = 1 / lookup.LABELS
BARS: dict[int, tuple[str, Side]] = {
    16: ("sixteen_examples", "above"),
    8: ("eight_examples", "above"),
    0: ("without_examples", "below"),
}


def questions(row: Row) -> list[Question]:
    """Accuracy on tasks never trained, by the number of examples shown."""
    farthest = "largest distance of the accuracy from"
    near = workload_bound("few_shot", "from_ideal")
    ideal = [lookup.ideal(shown) for shown in range(lookup.PAIRS)]
    chance = [CHANCE] * lookup.PAIRS
    most = lookup.PAIRS - 1
    return [
        *(
            Question(
                f"accuracy on tasks never trained, {shown} examples shown",
                "%",
                _values(row, ACCURACY, shown),
                side,
                workload_bound("few_shot", bound),
                in_sentence=True,
            )
            for shown, (bound, side) in BARS.items()
        ),
        Question(
            f"{farthest} an ideal learner's, 0 to {most} examples",
            "points",
            _distance(row, ACCURACY, ideal),
            "below",
            near,
        ),
        Question(
            f"{farthest} chance, labels shuffled, 0 to {most} examples",
            "points",
            _distance(row, CONTROL, chance),
            "below",
            near,
        ),
        number(
            f"accuracy, {most} examples shown less none",
            "points",
            differences(
                _values(row, ACCURACY, most), _values(row, ACCURACY, 0)
            ),
        ),
    ]


def _values(row: Row, metric: str, shown: int) -> Values:
    return values(row, "", f"{metric}_shown_{shown}")


def _distance(row: Row, metric: str, expected: list[float]) -> Values:
    """Of each seed, over all numbers of examples."""
    measured = [_values(row, metric, shown) for shown in range(len(expected))]
    seeds = set.intersection(*(set(own) for own in measured))
    return {
        seed: max(
            abs(own[seed] - wanted)
            for own, wanted in zip(measured, expected, strict=True)
        )
        for seed in sorted(seeds)
    }


CLAIM = Claim(
    "a network that has read many tasks does one it was never trained on from"
    " examples in its input, without an update. Here that is look-up in"
    " context: it answers inputs that were shown, and does not generalize to"
    " unseen inputs",
    questions,
    [
        charts.each_row(
            "shown",
            lambda bench, row: shown_examples(bench, row, lookup.ideal, CHANCE),
            "Accuracy in % on tasks never trained, over the examples shown"
            " before. The control has shuffled labels.",
            "Examples in context, {}",
            dotted="an ideal learner, and chance",
        )
    ],
)
