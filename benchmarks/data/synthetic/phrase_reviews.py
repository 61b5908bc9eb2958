"""Reviews of `phrases`: stand in for IMDB in groups by length.

A review is for or against, and has as many phrases as its group of length
asks for. One that judges is kept if it keeps to the side of its review, and
if not in one of five cases. What makes it hard: few phrases judge in the
last 50 words, some to the contrary, negation turns words round, and of a
contrast the second half counts.
"""

from collections.abc import Iterator
from random import Random

from benchmarks.data.dataset import Arrays, Synthetic
from benchmarks.data.sets import by_length, text
from benchmarks.data.synthetic import phrases

SIZE = 1_500  # reviews in each split
DISLOYAL = 0.2
_LONGEST = 600  # words of a review
_LEAST = 8


def generate(seed: int, size: int = SIZE) -> Arrays:
    """All parts of `by_length.arrays`: half of the reviews of each label."""
    random = Random(seed)
    told = _endless(phrases.phrases(seed + 1, 8_000))
    train, test = (
        [
            (review(random, told, label), label)
            for label in (0, 1)
            for _ in range(size // 2)
        ]
        for _ in range(2)
    )
    return by_length.arrays(train, test)


def review(random: Random, told: Iterator[phrases.Phrase], label: int) -> str:
    """One review; label: 1 for, 0 against."""
    bounds = (_LEAST, *by_length.LONGEST, _LONGEST)
    group = int(random.random() * len(by_length.NAMES))
    low, high = bounds[group], bounds[group + 1]
    length = low + (high - low) * random.random()
    said: list[str] = []
    count = 0
    while count < length:
        phrase = next(told)
        contrary = phrase.sentiment == (-1 if label else 1)
        if contrary and random.random() >= DISLOYAL:
            continue
        sentence = " ".join(phrase.english)
        said.append(sentence)
        count += len(text.words(sentence))
    return " ".join(said)


def _endless(told: list[phrases.Phrase]) -> Iterator[phrases.Phrase]:
    while True:
        yield from told


SET = Synthetic("phrase_reviews", version=1, seed=20_265, generate=generate)
