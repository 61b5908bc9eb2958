"""Translation by an encoder and a decoder (slide 24)."""

from reports.claims.claim import Claim, Question
from reports.claims.questions import number, values
from reports.results.rows import Row

BLEU, CHRF = "test_bleu", "test_chrf"


def questions(row: Row) -> list[Question]:
    """BLEU and chrF; nothing decides."""
    chrf = values(row, "", CHRF)
    return [
        number("translations' words", "BLEU", values(row, "", BLEU)),
        number("translations' characters", "chrF", chrf, in_sentence=True),
    ]


CLAIM = Claim("an encoder and a decoder translate a sentence", questions)
