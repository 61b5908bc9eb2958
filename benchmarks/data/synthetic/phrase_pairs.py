"""Pairs from `phrases`: stand in for small_parallel_enja.

English in small letters and Japanese, up to 16 words on each side as there.
Nothing of the validation and test pairs is trained on, and `this is water .`
always is. What makes it hard: the words change their order, endings depend
on the kind of the adjective, and many names come once.
"""

from benchmarks.data.dataset import Arrays, Synthetic
from benchmarks.data.sets import pairs
from benchmarks.data.synthetic import phrases

SIZES = {"train": 4_000, "validation": 200, "test": 200}


def generate(seed: int) -> Arrays:
    """All parts of `pairs.arrays`."""
    needed = sum(SIZES.values())
    every = (
        (tuple(word.lower() for word in told.english), told.japanese)
        for told in phrases.phrases(seed, 4 * needed)
    )
    # Of each English sentence one translation: the last that was drawn
    kept = list(
        {
            english: (english, japanese)
            for english, japanese in every
            if max(len(english), len(japanese)) <= pairs.LONGEST
        }.values()
    )
    splits, start = {}, 0
    for split, size in SIZES.items():
        splits[split] = kept[start : start + size]
        start += size
    return pairs.arrays(splits)


SET = Synthetic("phrase_pairs", version=1, seed=20_262, generate=generate)
