"""What an LSTM remembers and a simple network forgets (slides 16 and 19)."""

import re
from collections.abc import Iterator

from reports.blocks import Group
from reports.claims import charts
from reports.claims.claim import Claim, Finding, Question, Side
from reports.claims.questions import ACCURACY, difference, number, values
from reports.figures import sequences
from reports.results.frame import Bench
from reports.results.rows import Row
from reports.results.statistics import ratios
from reports.results.titles import workload_bound

GROUP = f"{ACCURACY}_distance_"
FAR = "gradient_far_over_near"
SIDES: dict[str, Side] = {"lstm": "above", "rnn": "below"}


def questions(row: Row) -> list[Question]:
    """Gradients by far inputs, and accuracy where the distance is longest."""
    title = "gradient by the first input over the last one's"
    group = _farthest(row)
    end = group.removeprefix(GROUP).replace("_", " to ") if group else "most"
    where = f"test accuracy, {end} steps back"
    lstm, rnn = (values(row, phase, FAR) for phase in ("lstm", "rnn"))
    # Where a seed's gradient is 0, the ratio of the others would be too small
    zeros = sum(norm == 0 for norm in rnn.values())
    reason = f"the RNN's is 0 with {zeros} of {len(rnn)} seeds"
    result = [
        Question(
            f"{title}, LSTM's over RNN's",
            "×",
            {} if zeros else ratios(lstm, rnn),
            bound=1,
            reason=reason if zeros else "",
        )
    ]
    bound = workload_bound("memory", "remembered_accuracy")
    for phase, side in SIDES.items():
        own = values(row, phase, group) if group else {}
        name = f"{where}, {phase.upper()}"
        result.append(Question(name, "%", own, side, bound, in_sentence=True))
    if group:
        name = f"{where}, LSTM less RNN"
        own = difference(row, "lstm", "rnn", group)
        result.append(number(name, "points", own))
    return [
        *result,
        number(f"{title}, LSTM", "×", lstm),
        number(f"{title}, RNN", "×", rnn),
    ]


def chart_groups(bench: Bench, finding: Finding) -> Iterator[Group]:
    """Gradient norms over distance, and accuracy over distance."""
    caption = "Of the output by each earlier input: Euclidean norm, mean over"
    caption += " examples, log scale. Dotted: before training. Zeros are not"
    caption += " drawn."
    yield charts.each_row(
        finding,
        "distance",
        lambda row: sequences.distances(bench, row, ["rnn", "lstm"]),
        caption,
        "Gradient, {}",
        "geometric means",
    )
    caption = "In %, over the steps between the sign and the answer."
    yield charts.groups(bench, finding, ["rnn", "lstm"], caption)


def _farthest(row: Row) -> str:
    """The metric of the test examples with the longest distance, or ``."""
    names = {
        name.split(".", 1)[1]
        for record in row.cells["record"]
        for name in [
            *row.details[record]["units"],
            *row.details[record]["missing"],
            *map(str, row.cells),
        ]
        if re.fullmatch(rf"\w+\.{GROUP}\d+_\d+", name)
    }
    return max(names, key=lambda name: int(name.split("_")[-2]), default="")


CLAIM = Claim(
    "the gradient by what was read long ago vanishes in a simple recurrent"
    " network, and an LSTM keeps it",
    questions,
    chart_groups,
)
