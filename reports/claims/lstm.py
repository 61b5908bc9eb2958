"""An LSTM beside a simple recurrent network on reviews (slides 17 to 19)."""

from benchmarks.data.sets.reviews import LENGTH
from reports.claims import charts
from reports.claims.claim import Claim, Question
from reports.claims.questions import difference, number
from reports.results.rows import Row

LONGEST = "test_accuracy_words_401_up"


def questions(row: Row) -> list[Question]:
    """Test accuracies; every network reads the same last words of a review."""
    title = "test accuracy, LSTM less RNN"
    longest = difference(row, "lstm", "rnn", LONGEST)
    return [
        Question(title, "points", difference(row, "lstm", "rnn")),
        Question(f"{title}, longest reviews", "points", longest, decides=False),
        number(
            "test accuracy, BiLSTM less LSTM",
            "points",
            difference(row, "bilstm", "lstm"),
        ),
    ]


CLAIM = Claim(
    f"an LSTM keeps more of a review's last {LENGTH} words than a simple"
    " recurrent network",
    questions,
    [
        charts.groups(
            ["rnn", "lstm", "bilstm"],
            "In %, over the words of the whole review, of which each network"
            f" reads the last {LENGTH}.",
        )
    ],
)
