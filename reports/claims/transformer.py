"""The Transformer beside recurrent networks that translate (slide 30)."""

from reports.claims import charts
from reports.claims.claim import Claim, Finding, Question
from reports.claims.questions import NO_BOUND, number, values
from reports.claims.translation import BLEU, CHRF
from reports.claims.translation_attention import SPEED, unpaired
from reports.figures import sequences
from reports.figures.parts import Figure
from reports.results.frame import Bench
from reports.results.rows import Row
from reports.results.statistics import differences, ratios
from reports.results.titles import workload_bound

PLAIN, ATTENTION = "translation", "translation_attention"
SECONDS = "training_seconds"


def questions(
    row: Row, plain: Row | None, attention: Row | None
) -> list[Question]:
    """BLEU less that of the recurrent networks, and seconds of training."""
    own, seconds = values(row, "", BLEU), values(row, "", SECONDS)
    others = {
        name: values(other, "", BLEU) if other else {}
        for name, other in ((PLAIN, plain), (ATTENTION, attention))
    }
    slower = values(attention, "", SECONDS) if attention else {}
    expected = workload_bound("transformer", "bleu")
    return [
        Question(
            "translations of the Transformer less the plain encoder-decoder's",
            "BLEU",
            differences(own, others[PLAIN]),
            difference=True,
            reason=unpaired(row, plain, PLAIN),
        ),
        Question(
            "translations of the Transformer",
            "BLEU",
            own,
            bound=None if row.synthetic else expected,
            decides=False,
            in_sentence=True,
            reason=NO_BOUND if row.synthetic else "",
        ),
        number(
            "translations of the Transformer less recurrent attention's",
            "BLEU",
            differences(own, others[ATTENTION]),
            in_sentence=True,
        ),
        Question(
            "seconds of training over recurrent attention's",
            "×",
            ratios(seconds, slower),
            "below",
            workload_bound("transformer", "training_times"),
            decides=False,
            in_sentence=True,
            reason=unpaired(row, attention, ATTENTION),
        ),
        number("their characters", "chrF", values(row, "", CHRF)),
        number("decoding", "tokens/s", values(row, "", SPEED)),
    ]


def _rows(finding: Finding) -> list[tuple[Row, str, str]]:
    """Each row, and its recurrent networks': how it is drawn, and named."""
    rows = [(row, "solid", "") for row in finding.rows]
    for name, dash, title in (
        (ATTENTION, "dash", ", recurrent attention"),
        (PLAIN, "dot", ", plain encoder-decoder"),
    ):
        for row in finding.rows:
            other = finding.workload.like(row, name)
            rows += [(other, dash, title)] if other else []
    return rows


def _lengths(bench: Bench, finding: Finding) -> Figure | None:
    return sequences.bleu(bench, _rows(finding))


def _seconds(bench: Bench, finding: Finding) -> Figure | None:
    return sequences.over_seconds(_rows(finding), BLEU, "BLEU")


CLAIM = Claim(
    "attention alone, without recurrence, translates better than a plain"
    " encoder and decoder",
    questions,
    [
        charts.together(
            "bleu",
            "BLEU by length of the sentence",
            "By words of the English sentence. Dashed: recurrent attention;"
            " dotted: plain encoder-decoder.",
            _lengths,
        ),
        charts.together(
            "seconds",
            "BLEU over seconds of training",
            "One point a seed, at the end of its training.",
            _seconds,
        ),
    ],
    beside=(PLAIN, ATTENTION),
)
