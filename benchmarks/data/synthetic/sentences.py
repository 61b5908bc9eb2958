"""Synthetic sentences: the stand-ins for reviews, tags, text and pairs.

All of them come from one grammar, see `benchmarks.data.synthetic.grammar`.
"""

from collections import defaultdict
from collections.abc import Mapping
from itertools import islice
from random import Random

from benchmarks.data.dataset import Arrays, Synthetic
from benchmarks.data.sets import pairs, reviews, symbols, tags
from benchmarks.data.synthetic.grammar import sentences, sentiment

LOYAL = 0.9  # share of a review's judgments that agree with its label
NEUTRAL = 0.5  # share of a review's sentences
NAMES = 40_000  # of people in reviews: more words than the vocabulary has
PAIRS = {"train": 20_000, "validation": 500, "test": 500}
TAGGED = {"train": 3_000, "validation": 300, "test": 600}
Pools = dict[int, list[list[str]]]  # sentences by sentiment
WORDS = ((30, 120),)  # fewest and most words of a review
WORDS_BY_LENGTH = tuple(
    zip((8, *reviews.LONGEST), (*reviews.LONGEST, 600), strict=True)
)


def review_texts(
    seed: int, size: int, words: tuple[tuple[int, int], ...]
) -> list[reviews.Reviews]:
    """Training and test reviews, half of them negative, half positive.

    words: ranges of a review's words, equally frequent. A single word is weak
    evidence: judgments are negated, qualified, and may contradict the label.
    """
    random = Random(seed)
    count = min(4 * size, 40_000)  # sentences of a split
    drawn = sentences(seed, 2 * count, NAMES)
    splits: list[reviews.Reviews] = []
    for part in (drawn[:count], drawn[count:]):
        pools: Pools = defaultdict(list)
        for sentence in part:
            pools[sentiment(sentence.english)].append(sentence.english)
        bounds = (words[n // 2 % len(words)] for n in range(size))
        splits.append(
            [
                (_review(random, pools, n % 2, *least_most), n % 2)
                for n, least_most in enumerate(bounds)
            ]
        )
    return splits


def _review(
    random: Random, pools: Pools, label: int, least: int, most: int
) -> str:
    """A review of at least so many words; label: 1 positive, 0 negative."""
    count = least + int(random.random() * (most - least))
    chosen: list[str] = []
    while len(chosen) < count:
        loyal = random.random() < LOYAL
        side = 1 if loyal == label else -1
        pool = pools[0 if random.random() < NEUTRAL else side]
        chosen += pool[int(random.random() * len(pool))]
    return " ".join(chosen)


def imdb(seed: int, size: int = 25_000) -> Arrays:
    """All parts of `reviews.arrays`."""
    return reviews.arrays(*review_texts(seed, size, WORDS))


def by_length(seed: int, size: int = 8_000) -> Arrays:
    """All parts of `reviews.arrays_by_length`."""
    return reviews.arrays_by_length(*review_texts(seed, size, WORDS_BY_LENGTH))


def tagged(seed: int, sizes: Mapping[str, int] = TAGGED) -> Arrays:
    """All parts of `tags.arrays`; a third of the rows are two sentences.

    Words that training does not contain are names, adjectives and nouns.
    """
    drawn = iter(sentences(seed, 2 * sum(sizes.values())))
    splits: dict[str, list[tags.Tagged]] = defaultdict(list)
    for split, size in sizes.items():
        for n in range(size):
            row = [next(drawn) for _ in range(1 + (n % 3 == 2))]
            words = [word for sentence in row for word in sentence.english]
            words[0] = words[0].capitalize()
            upos = [tag for sentence in row for tag in sentence.tags]
            splits[split].append((words, upos))
    return tags.arrays(splits)


def text(seed: int, count: int = 20_000) -> Arrays:
    """All parts of `symbols.characters`; count: lines, a sentence each."""
    rows = (" ".join(row.english) + "\n" for row in sentences(seed, count))
    return symbols.characters("".join(rows))


def translations(seed: int, sizes: Mapping[str, int] = PAIRS) -> Arrays:
    """All parts of `pairs.arrays`.

    The English of a pair occurs in one split only, and has one translation.
    """
    drawn = {
        tuple(word.lower() for word in sentence.english): sentence.japanese
        for sentence in sentences(seed, 2 * sum(sizes.values()))
    }
    rows = (
        pair for pair in drawn.items() if max(map(len, pair)) <= pairs.LONGEST
    )
    return pairs.arrays(
        {split: list(islice(rows, size)) for split, size in sizes.items()}
    )


IMDB = Synthetic("synthetic_imdb", 2, 20_261, imdb)
IMDB_BY_LENGTH = Synthetic("synthetic_imdb_by_length", 2, 20_265, by_length)
UD_ENGLISH_EWT = Synthetic("synthetic_ud_english_ewt", 2, 20_263, tagged)
TINYSHAKESPEARE = Synthetic("synthetic_tinyshakespeare", 2, 20_264, text)
SMALL_PARALLEL_ENJA = Synthetic(
    "synthetic_small_parallel_enja", 2, 20_262, translations
)
