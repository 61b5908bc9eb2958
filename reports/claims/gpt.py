"""A GPT that predicts the next character, beside an LSTM (slide 31)."""

from reports.claims.claim import Claim, Question
from reports.claims.language import BITS
from reports.claims.questions import NO_BOUND, difference, number, values
from reports.results.rows import Row
from reports.results.statistics import differences
from reports.results.titles import workload_bound

LOSS = "test_loss"
BIGRAMS = "bigram_loss"  # what pairs of characters alone predict


def questions(row: Row) -> list[Question]:
    """Its loss against that of counted pairs, and the published one."""
    own = values(row, "gpt", LOSS)
    return [
        Question(
            "nats per character, GPT less counted pairs of characters",
            "",
            differences(own, values(row, "gpt", BIGRAMS)),
            "below",
            difference=True,
        ),
        Question(
            "nats per character, the whole validation split",
            "",
            own,
            "below",
            None if row.synthetic else workload_bound("gpt", "loss"),
            decides=False,
            in_sentence=True,
            reason=NO_BOUND if row.synthetic else "",
        ),
        number(
            "bits per character, GPT less LSTM of `language`, equal text",
            "",
            difference(row, "gpt", "lstm", BITS),
        ),
        number("bits per character, GPT", "", values(row, "gpt", BITS)),
        number("bits per character, LSTM", "", values(row, "lstm", BITS)),
    ]


CLAIM = Claim(
    "a decoder of Transformer units, trained to predict the next symbol,"
    " predicts from more than the symbol before",
    questions,
)
