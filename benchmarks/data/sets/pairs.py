"""Pairs of sentences as symbols: a source, and the target it has."""

from collections.abc import Mapping, Sequence

from benchmarks.data.dataset import Arrays, lines
from benchmarks.data.sets import words

Pair = tuple[Sequence[str], Sequence[str]]  # source, target
LONGEST = 16  # words of one side


def arrays(splits: Mapping[str, Sequence[Pair]]) -> Arrays:
    """All parts of each split; vocabularies come from `train`.

    Inputs: the source with its end sign, and padding (pair, 17); its length
    (pair,); the start sign and the target (pair, 17). Targets: the target
    with its end sign. Lengths: so many targets count; times: steps of the
    longer side.
    """
    known = [
        words.vocabulary(pair[side] for pair in splits["train"])
        for side in (0, 1)
    ]
    prepared: Arrays = {}
    for split, pairs in splits.items():
        source, target = (
            words.symbols((pair[side] for pair in pairs), known[side])
            for side in (0, 1)
        )
        time = LONGEST + 1
        read, written = words.ended(source), words.ended(target)
        steps, counted = words.lengths(read), words.lengths(written)
        prepared |= {
            f"{split}_inputs": words.padded(read, time),
            f"{split}_inputs_1": steps,
            f"{split}_inputs_2": words.padded(words.started(target), time),
            f"{split}_targets": words.padded(written, time),
            f"{split}_lengths": counted,
            f"{split}_times": counted.clip(min=steps),
        }
    sources, references = zip(*splits["test"], strict=True)
    return prepared | {
        "words_source": lines(known[0]),
        "words_target": lines(known[1]),
        "test_sources": lines(map(" ".join, sources)),
        "test_references": lines(map(" ".join, references)),
    }
