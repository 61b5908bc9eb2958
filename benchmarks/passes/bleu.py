"""BLEU and chrF of translations against references, by sacrebleu."""

from collections.abc import Sequence
from typing import Any

EDGES = (5, 7, 9, 11)  # tokens of a source; longer ones share a bucket


def bleu(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Corpus BLEU, 0 to 100 (Papineni 2002), of tokens between spaces.

    Without a tokenizer: the corpus is tokenized. 0 without sentences.
    """
    from sacrebleu.metrics import BLEU  # 0.3 s: only where it is needed

    # force: no warning that the sentences are tokenized already
    scorer = BLEU(tokenize="none", force=True)
    return _score(scorer, hypotheses, references)


def chrf(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Corpus chrF, 0 to 100 (Popovic 2015), of characters without spaces."""
    from sacrebleu.metrics import CHRF

    return _score(CHRF(), _joined(hypotheses), _joined(references))


def by_length(
    sources: Sequence[str],
    hypotheses: Sequence[str],
    references: Sequence[str],
) -> dict[str, list[Any]]:
    """BLEU by tokens of the source: `from`, `to`, `bleu`, `count`.

    A bucket includes both ends; `to` of the last is the longest source. A
    bucket without a sentence is left out.
    """
    lengths = [len(source.split()) for source in sources]
    buckets, bottom = [], 1
    for top in (*EDGES, max([*lengths, EDGES[-1] + 1])):
        rows = [i for i, n in enumerate(lengths) if bottom <= n <= top]
        if rows:
            points = bleu(
                [hypotheses[row] for row in rows],
                [references[row] for row in rows],
            )
            buckets.append((bottom, top, points, len(rows)))
        bottom = top + 1
    names = "from", "to", "bleu", "count"
    return {
        name: [bucket[column] for bucket in buckets]
        for column, name in enumerate(names)
    }


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
