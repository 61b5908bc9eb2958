"""Synthetic sentences: the stand-ins for reviews, tags, text and pairs.

All of them come from one grammar, see `benchmarks.data.synthetic.grammar`.
"""

from collections.abc import Mapping
from random import Random

from benchmarks.data.dataset import Arrays, Synthetic
from benchmarks.data.sets import pairs, reviews, symbols, tags
from benchmarks.data.synthetic.grammar import Sentence, sentences

LOYAL = 0.9  # share of a review's judgments that agree with its label
POOL = 4  # sentences, for each review, from which a split is made
_MAX_POOL = 40_000  # sentences
NAMES = 40_000  # of people in reviews: more words than the vocabulary has
PAIRS = {"train": 20_000, "validation": 500, "test": 500}
TAGGED = {"train": 3_000, "validation": 300, "test": 600}
WORDS = ((30, 120),)  # fewest and most words of a review
WORDS_BY_LENGTH = tuple(
    zip((8, *reviews.LONGEST), (*reviews.LONGEST, 600), strict=True)
)


def review_texts(
    seed: int, size: int, words: tuple[tuple[int, int], ...]
) -> tuple[reviews.Reviews, reviews.Reviews]:
    """Training and test reviews, half of them negative, half positive.

    words: ranges of a review's words, equally frequent. A word alone tells
    little: judgments are negated, qualified, and may contradict the label.
    """
    count = min(POOL * size, _MAX_POOL)
    drawn = sentences(seed, 2 * count, NAMES)
    random = Random(seed)
    splits = []
    for pool in (drawn[:count], drawn[count:]):
        texts = []
        for n in range(size):
            label, bounds = n % 2, words[n // 2 % len(words)]
            texts.append((_review(random, pool, label, bounds), label))
        splits.append(texts)
    return splits[0], splits[1]


def _review(
    random: Random, pool: list[Sentence], label: int, words: tuple[int, int]
) -> str:
    """Sentences of the pool; label: 1 positive, 0 negative."""
    least, most = words
    count = least + int(random.random() * (most - least))
    chosen: list[str] = []
    while len(chosen) < count:
        sentence = pool[int(random.random() * len(pool))]
        contrary = sentence.sentiment == (-1 if label else 1)
        neutral = not sentence.sentiment and random.random() < 0.6
        if neutral or (contrary and random.random() > 1 - LOYAL):
            continue
        chosen += sentence.english
    return " ".join(chosen)


def by_length(seed: int, size: int = 8_000) -> Arrays:
    """All parts of `reviews.arrays_by_length`."""
    return reviews.arrays_by_length(*review_texts(seed, size, WORDS_BY_LENGTH))


def imdb(seed: int, size: int = 25_000) -> Arrays:
    """All parts of `reviews.arrays`."""
    return reviews.arrays(*review_texts(seed, size, WORDS))


def tagged(seed: int, sizes: Mapping[str, int] = TAGGED) -> Arrays:
    """All parts of `tags.arrays`; a third of the rows are two sentences.

    Words training does not contain are names and adjectives, and many words
    are a noun here and a verb there ("book the key", "the book").
    """
    drawn = iter(sentences(seed, 2 * sum(sizes.values())))
    splits = {}
    for split, size in sizes.items():
        splits[split] = [
            _joined([next(drawn) for _ in range(1 + (n % 3 == 2))])
            for n in range(size)
        ]
    return tags.arrays(splits)


def _joined(drawn: list[Sentence]) -> tags.Tagged:
    """Sentences as one, separated by semicolons, with a capital."""
    words = [word for sentence in drawn for word in sentence.english]
    upos = [tag for sentence in drawn for tag in sentence.tags]
    end = len(drawn[0].english) - 1
    if len(drawn) > 1:
        words[end] = ";"
    words[0] = words[0].capitalize()
    return words, upos


def text(seed: int, count: int = 20_000) -> Arrays:
    """All parts of `symbols.characters`; count: lines, a sentence each."""
    drawn = sentences(seed, count)
    return symbols.characters(
        "".join(" ".join(sentence.english) + "\n" for sentence in drawn)
    )


def translations(seed: int, sizes: Mapping[str, int] = PAIRS) -> Arrays:
    """All parts of `pairs.arrays`.

    The English of a pair occurs in one split only, and has one translation.
    """
    drawn = {
        tuple(word.lower() for word in sentence.english): sentence.japanese
        for sentence in sentences(seed, 2 * sum(sizes.values()))
    }
    rows = [
        pair for pair in drawn.items() if max(map(len, pair)) <= pairs.LONGEST
    ]
    splits, start = {}, 0
    for split, size in sizes.items():
        splits[split] = rows[start : start + size]
        start += size
    return pairs.arrays(splits)


IMDB = Synthetic("synthetic_imdb", 1, 20_261, imdb)
IMDB_BY_LENGTH = Synthetic("synthetic_imdb_by_length", 1, 20_265, by_length)
UD_ENGLISH_EWT = Synthetic("synthetic_ud_english_ewt", 1, 20_263, tagged)
TINYSHAKESPEARE = Synthetic("synthetic_tinyshakespeare", 1, 20_264, text)
SMALL_PARALLEL_ENJA = Synthetic(
    "synthetic_small_parallel_enja", 1, 20_262, translations
)
