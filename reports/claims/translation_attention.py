"""Translation with attention against without (slide 25)."""

from reports.claims import charts
from reports.claims.claim import Claim, Finding, Question
from reports.claims.questions import NO_BOUND, number, values
from reports.claims.translation import BLEU, CHRF
from reports.figures import sequences
from reports.figures.parts import Figure
from reports.results.frame import Bench
from reports.results.rows import Row
from reports.results.statistics import differences
from reports.results.titles import workload_bound

PLAIN = "translation"  # the workload without attention
SPEED = "decoding_tokens_per_second"


def questions(row: Row, plain: Row | None) -> list[Question]:
    """BLEU with attention less without."""
    own = values(row, "", BLEU)
    without = values(plain, "", BLEU) if plain else {}
    expected = workload_bound("translation_attention", "bleu")
    return [
        Question(
            "translations with attention less without",
            "BLEU",
            differences(own, without),
            difference=True,
            reason=unpaired(row, plain, PLAIN),
        ),
        Question(
            "translations with attention",
            "BLEU",
            own,
            bound=None if row.synthetic else expected,
            decides=False,
            in_sentence=True,
            reason=NO_BOUND if row.synthetic else "",
        ),
        number("translations without attention", "BLEU", without),
        number(
            "their characters, with attention", "chrF", values(row, "", CHRF)
        ),
        number(
            "decoding", "tokens/s", values(row, "", SPEED), in_sentence=True
        ),
    ]


def unpaired(row: Row, other: Row | None, name: str) -> str:
    """Why there is no pair of trainings, should there be none."""
    if other is None:
        return f"workload `{name}` was not run beside it"
    if not set(row.by_seed("seed")) & set(other.by_seed("seed")):
        return f"no seed that workload `{name}` finished, too"
    return "BLEU was not measured of both"


def _bleu(bench: Bench, finding: Finding) -> Figure | None:
    """Solid: with attention. Dotted: without."""
    rows = [(row, "solid", "") for row in finding.rows]
    for row in finding.rows:
        plain = finding.workload.like(row, PLAIN)
        rows += [(plain, "dot", ", without attention")] if plain else []
    return sequences.bleu(bench, rows)


CLAIM = Claim(
    "attention over all states of the encoder translates better",
    questions,
    [
        charts.together(
            "bleu",
            "BLEU by length of the sentence",
            "By words of the English sentence.",
            _bleu,
        )
    ],
    beside=(PLAIN,),
)
