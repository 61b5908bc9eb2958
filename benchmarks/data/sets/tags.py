"""Sentences whose every word has a universal part of speech.

A word is three symbols: itself in small letters, its last three letters, and
its shape. The latter two inform about words that do not occur in training.
Source: slide 14; de Marneffe et al., Universal Dependencies, 2021 (17 tags).
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.data.dataset import GROUPS, Arrays, lines
from benchmarks.data.sets import symbols

Tagged = tuple[Sequence[str], Sequence[str]]  # words, their tags

_TAGS = (
    "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM"
    " VERB X"
)
TAGS = tuple(_TAGS.split())
SUFFIX = 3  # letters
SEEN, UNSEEN = 0, 1  # whether the word, as written, occurs in training
NEITHER = -1  # padding
# A word has the first shape that matches; symbols from 4 on
SHAPES = tuple(
    re.compile(pattern)
    for pattern in (
        r"[a-z]+",  # lower
        r"[A-Z][a-z]+",  # Title
        r"[A-Z]+",  # UPPER
        r"[0-9]+",  # digits
        r"(?=.*[0-9])[0-9.,:/%$-]+",  # of digits and what stands in numbers
        r"(?=.*[0-9]).*",  # with a digit
        r"(?=.*\w)[a-z].*-.*",  # with-hyphen
        r"(?=.*\w)[^a-z].*-.*",  # With-hyphen
        r"(?=.*\w).*'.*",  # an apostrophe's
        r"(?=.*\w).*[.@/_].*",  # www.address
        r"\W+",  # signs
        r"(?s:.*)",  # anything
    )
)


def arrays(splits: Mapping[str, Sequence[Tagged]]) -> Arrays:
    """All parts of each split; vocabularies come from `train`.

    Inputs: words, suffixes and shapes, each (sentence, time), and lengths
    (sentence,). Targets: places in TAGS. Groups: SEEN or UNSEEN.
    """
    words = {
        split: [forms for forms, _ in tagged]
        for split, tagged in splits.items()
    }
    seen = {word for sentence in words["train"] for word in sentence}
    vocabulary = symbols.vocabulary(map(_lowered, words["train"]))
    endings = symbols.vocabulary(map(_endings, words["train"]))
    time = max(len(row) for rows in words.values() for row in rows)
    prepared: Arrays = {}
    for split, sentences in words.items():
        lengths = symbols.lengths(sentences)
        targets = [
            [TAGS.index(tag) for tag in tags] for _, tags in splits[split]
        ]
        group = [[int(word not in seen) for word in row] for row in sentences]
        groups = symbols.padded(group, time).astype(np.int8)
        groups[np.arange(time) >= lengths[:, None]] = NEITHER
        inputs = (
            symbols.encode(map(_lowered, sentences), vocabulary),
            symbols.encode(map(_endings, sentences), endings),
            [[shape(word) for word in row] for row in sentences],
        )
        prepared |= {
            f"{split}_inputs": symbols.padded(inputs[0], time),
            f"{split}_inputs_1": symbols.padded(inputs[1], time),
            f"{split}_inputs_2": symbols.padded(inputs[2], time),
            f"{split}_inputs_3": lengths,
            f"{split}_targets": symbols.padded(targets, time),
            f"{split}_lengths": lengths,
            f"{split}_groups": groups,
        }
    return prepared | {
        "words_source": lines(vocabulary),
        "words_target": lines(TAGS),
        GROUPS: lines(("seen", "unseen")),
    }


def shape(word: str) -> int:
    """The symbol of a word's shape: 4 and up."""
    places = enumerate(SHAPES, len(symbols.SIGNS))
    return next(n for n, kind in places if kind.fullmatch(word))


def _lowered(sentence: Sequence[str]) -> list[str]:
    return [word.lower() for word in sentence]


def _endings(sentence: Sequence[str]) -> list[str]:
    return [word.lower()[-SUFFIX:] for word in sentence]
