"""A language model and the steps of truncated back-propagation (slide 15)."""

from reports.claims.claim import Claim, Question
from reports.claims.questions import difference, number, phases, values
from reports.results.rows import Row

BITS = "test_bits_per_token"


def questions(row: Row) -> list[Question]:
    """Bits per character after 100 steps back less after 10.

    Every phase reads as much text. More steps back are fewer updates:
    `k10_rare` goes 10 steps back and updates as rarely as `k100`, so that
    these two differ in the steps alone.
    """
    title = "bits per character"
    result = [
        Question(
            f"{title}, 100 steps back less 10, {updates} updates",
            "",
            difference(row, "k100", phase, BITS),
            "below",
            difference=True,
            decides=decides,
        )
        for updates, phase, decides in (
            ("as many", "k10_rare", True),
            ("a tenth of the", "k10", False),
        )
    ]
    for phase in phases(row, "k"):
        steps, _, rare = phase.removeprefix("k").partition("_")
        name = f"{title}, {steps} steps back"
        name += ", updated as rarely as 100" if rare else ""
        result.append(number(name, "", values(row, phase, BITS)))
    return result


CLAIM = Claim(
    "a language model whose gradient goes further back predicts better",
    questions,
)
