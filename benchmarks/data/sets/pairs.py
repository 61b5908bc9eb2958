"""Pairs of sentences as symbols: a source, and the target it has."""

from collections.abc import Mapping, Sequence

from benchmarks.data.dataset import Arrays, lines
from benchmarks.data.sets import symbols
from impls.sequences import START

Pair = tuple[Sequence[str], Sequence[str]]  # source, target
LONGEST = 16  # words of one side


def arrays(splits: Mapping[str, Sequence[Pair]]) -> Arrays:
    """All parts of each split; vocabularies come from `train`.

    Inputs: the source with its end sign, and padding (pair, 17); its length
    (pair,); the start sign and the target (pair, 17). Targets: the target
    with its end sign. Lengths: so many targets count; times: steps of the
    longer side.
    """
    vocabularies = [
        symbols.vocabulary(pair[side] for pair in splits["train"])
        for side in (0, 1)
    ]
    time = LONGEST + 1
    prepared: Arrays = {}
    for split, pairs in splits.items():
        source, target = (
            symbols.encode((pair[side] for pair in pairs), vocabularies[side])
            for side in (0, 1)
        )
        inputs, targets = symbols.ended(source), symbols.ended(target)
        started = [[START, *row] for row in target]
        steps, lengths = symbols.lengths(inputs), symbols.lengths(targets)
        prepared |= {
            f"{split}_inputs": symbols.padded(inputs, time),
            f"{split}_inputs_1": steps,
            f"{split}_inputs_2": symbols.padded(started, time),
            f"{split}_targets": symbols.padded(targets, time),
            f"{split}_lengths": lengths,
            f"{split}_times": lengths.clip(min=steps),
        }
    sources, references = zip(*splits["test"], strict=True)
    return prepared | {
        "words_source": lines(vocabularies[0]),
        "words_target": lines(vocabularies[1]),
        "test_sources": lines(map(" ".join, sources)),
        "test_references": lines(map(" ".join, references)),
    }
