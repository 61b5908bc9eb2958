"""What slides 15 to 19 claim of networks that read sequences."""

import re

from reports.claims import Claim, Question, Values, differences
from reports.tables import Row

TEST, LONGEST = "test_accuracy", "test_accuracy_words_401_up"
BITS = "test_bits_per_token"


def _of(row: Row, phase: str, metric: str = TEST) -> Values:
    return row.measured(f"{phase}.{metric}")


def _less(row: Row, left: str, right: str, metric: str = TEST) -> Values:
    return differences(_of(row, left, metric), _of(row, right, metric))


def _told(title: str, unit: str, values: Values) -> Question:
    """A number that decides nothing and has no bound."""
    return Question(title, unit, values, bound=None, decides=False)


def keeping(row: Row) -> list[Question]:
    """Slides 17 to 19: an LSTM keeps what a simple network loses."""
    title = "test accuracy, LSTM less RNN"
    longest = _less(row, "lstm", "rnn", LONGEST)
    return [
        Question(title, "points", _less(row, "lstm", "rnn")),
        Question(f"{title}, longest reviews", "points", longest, decides=False),
        _told(
            "test accuracy, BiLSTM less LSTM",
            "points",
            _less(row, "bilstm", "lstm"),
        ),
    ]


def language(row: Row) -> list[Question]:
    """Slide 15: gradients that go further back predict better."""
    title = "bits per character"
    found = [
        Question(
            f"{title}, 100 steps back less 10",
            "",
            _less(row, "k100", "k10", BITS),
            "below",
        )
    ]
    for phase in row.phases:
        if re.fullmatch(r"k\d+", phase):
            name = f"{title}, {phase[1:]} steps back"
            found.append(_told(name, "", _of(row, phase, BITS)))
    return found


CLAIMS = {
    one.workload: one
    for one in (
        Claim(
            "lstm",
            "slides 17 to 19",
            "an LSTM keeps over long reviews what a simple recurrent network"
            " loses",
            keeping,
        ),
        Claim(
            "language",
            "slide 15",
            "a language model whose gradient goes further back predicts better",
            language,
        ),
    )
}
