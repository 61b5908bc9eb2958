"""What an LSTM remembers and a simple network forgets (slides 16 and 19)."""

from reports.claims import charts
from reports.claims.claim import Claim, Question, Side
from reports.claims.questions import ACCURACY, difference, number, values
from reports.figures.sequences import distances, group_names
from reports.results.rows import Row
from reports.results.statistics import ratios
from reports.results.titles import workload_bound

FAR = "gradient_far_over_near"
NETWORKS = ["rnn", "lstm"]
SIDES: dict[str, Side] = {"lstm": "above", "rnn": "below"}


def questions(row: Row) -> list[Question]:
    """Gradients by far inputs, and accuracy where the distance is longest."""
    title = "gradient by the first input over the last one's"
    lstm, rnn = values(row, "lstm", FAR), values(row, "rnn", FAR)
    # Where a seed's gradient is 0, the ratio of the others would be too small
    zeros = sum(norm == 0 for norm in rnn.values())
    farthest = (group_names(row, "lstm") or ["distance_most"])[-1]
    steps = farthest.removeprefix("distance_").replace("_", " to ")
    accuracy = f"test accuracy, {steps} steps back"
    metric = f"{ACCURACY}_{farthest}"
    bound = workload_bound("memory", "remembered_accuracy")
    return [
        Question(
            f"{title}, LSTM's over RNN's",
            "×",
            {} if zeros else ratios(lstm, rnn),
            bound=1,
            reason=f"the RNN's is 0 with {zeros} of {len(rnn)} seeds"
            if zeros
            else "",
        ),
        *(
            Question(
                f"{accuracy}, {network.upper()}",
                "%",
                values(row, network, metric),
                side,
                bound,
                in_sentence=True,
            )
            for network, side in SIDES.items()
        ),
        number(
            f"{accuracy}, LSTM less RNN",
            "points",
            difference(row, "lstm", "rnn", metric),
        ),
        number(f"{title}, LSTM", "×", lstm),
        number(f"{title}, RNN", "×", rnn),
    ]


CLAIM = Claim(
    "the gradient by what was read long ago vanishes in a simple recurrent"
    " network, and an LSTM keeps it",
    questions,
    [
        charts.each_row(
            "distance",
            lambda bench, row: distances(bench, row, NETWORKS),
            "Of the output by each earlier input: Euclidean norm, mean over"
            " examples, log scale. Zeros are not drawn.",
            "Gradient, {}",
            "geometric means",
            "before training",
        ),
        charts.groups(
            NETWORKS, "In %, over the steps between the sign and the answer."
        ),
    ],
)
