"""Filters: the inner product as similarity of patch and filter (slide 8)."""

from reports.claims.claim import Claim, Question
from reports.claims.questions import values
from reports.results.rows import Row

RANKS = "similarity_rank_correlation"
EPSILON = {"float64": 2.0**-52, "float32": 2.0**-23, "bfloat16": 2.0**-7}


def questions(row: Row) -> list[Question]:
    """Rank correlations of similarity and inner product; the identity's error.

    Over all patches, and over patches of one length, where nothing else
    differs. The identity's error is rounding: at most 100 epsilon.
    """
    result: list[Question] = []
    epsilon = EPSILON.get(row.precision)
    bound = None if epsilon is None else 100 * epsilon
    for phase in row.phases:
        plain = values(row, phase, RANKS)
        if not plain:
            continue
        title = f"rank correlation of likeness −‖x − w‖² and x·w, {phase}"
        result += [
            Question(title, "", plain),
            Question(
                f"{title}, of patches of one length",
                "",
                values(row, phase, f"{RANKS}_normed"),
                in_sentence=not result,
            ),
            Question(
                f"error of the identity, {phase}",
                "",
                values(row, phase, "similarity_error"),
                "below",
                bound,
            ),
        ]
    return result


CLAIM = Claim(
    "‖x − w‖² = ‖x‖² − 2 x·w + ‖w‖², so where a patch of an image is like a"
    " filter their inner product is large",
    questions,
)
