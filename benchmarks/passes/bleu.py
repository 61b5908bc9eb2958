"""How near translations are to what people wrote: BLEU and chrF."""

from collections.abc import Sequence
from typing import Any

EDGES = (5, 7, 9, 11)  # tokens of a source; longer ones are one bucket


def bleu(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Corpus BLEU, 0 to 100 (Papineni 2002), of tokens between blanks.

    By sacrebleu, without a tokeniser: the corpus has its own. 0 of nothing.
    """
    from sacrebleu.metrics import BLEU  # 0.3 s: only where it is wanted

    scorer = BLEU(tokenize="none", force=True)  # force: tokens, we know
    return _score(scorer, hypotheses, references)


def chrf(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Corpus chrF, 0 to 100 (Popovic 2015), of characters without blanks."""
    from sacrebleu.metrics import CHRF

    joined = [_joined(hypotheses), _joined(references)]
    return _score(CHRF(), *joined)


def by_length(
    sources: Sequence[str],
    hypotheses: Sequence[str],
    references: Sequence[str],
    edges: Sequence[int] = EDGES,
) -> dict[str, list[Any]]:
    """BLEU by tokens of the source: `from`, `to`, `bleu`, `count`.

    A bucket is from..to, both within; `to` of the last is the longest that
    there is. A bucket without a sentence is left out.
    """
    lengths = [len(source.split()) for source in sources]
    tops = [*edges, max([*lengths, edges[-1] + 1])]
    found: dict[str, list[Any]] = {
        name: [] for name in ("from", "to", "bleu", "count")
    }
    bottom = 1
    for top in tops:
        rows = [i for i, n in enumerate(lengths) if bottom <= n <= top]
        if rows:
            said = [hypotheses[row] for row in rows]
            meant = [references[row] for row in rows]
            told = (bottom, top, bleu(said, meant), len(rows))
            for name, value in zip(found, told, strict=True):
                found[name].append(value)
        bottom = top + 1
    return found


def _score(
    scorer: Any, hypotheses: Sequence[str], references: Sequence[str]
) -> float:
    if len(hypotheses) != len(references):
        raise ValueError(
            f"{len(hypotheses)} translations of {len(references)} references:"
            " expected one of each"
        )
    if not references:
        return 0.0
    return float(scorer.corpus_score(hypotheses, [references]).score)


def _joined(sentences: Sequence[str]) -> list[str]:
    return ["".join(sentence.split()) for sentence in sentences]
