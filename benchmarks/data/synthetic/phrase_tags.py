"""Tagged sentences from `phrases`: stand in for UD English EWT.

One or two phrases make a sentence, whose first word has a capital. What
makes it hard: names that training never shows, and words that are a noun
here and a verb there (`water the garden`, `book a table`).
"""

from collections.abc import Iterator

from benchmarks.data.dataset import Arrays, Synthetic
from benchmarks.data.sets import tags
from benchmarks.data.synthetic import phrases

SIZES = {"train": 3_000, "validation": 300, "test": 600}


def generate(seed: int) -> Arrays:
    """All parts of `tags.arrays`."""
    told = iter(phrases.phrases(seed, 2 * sum(SIZES.values())))
    return tags.arrays(
        {
            split: [_sentence(told, n % 3 == 2) for n in range(size)]
            for split, size in SIZES.items()
        }
    )


def _sentence(told: Iterator[phrases.Phrase], two: bool) -> tags.Tagged:
    one = next(told)
    english, tagged = list(one.english), list(one.tags)
    if two:
        other = next(told)
        english[-1:] = [";", *other.english]
        tagged += other.tags
    english[0] = english[0].capitalize()
    return english, tagged


SET = Synthetic("phrase_tags", version=1, seed=20_263, generate=generate)
