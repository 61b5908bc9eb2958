"""Sentences whose every word has a universal part of speech.

A word comes three times: as itself in small letters, as its last three
letters, and as its shape, so that something is known of words that training
has never shown. Source: slide 14; de Marneffe et al., Universal
Dependencies, 2021 (the 17 tags).
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.data.dataset import GROUPS, Arrays, lines
from benchmarks.data.sets import words

Tagged = tuple[Sequence[str], Sequence[str]]  # words, their tags

_TAGS = (
    "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM"
    " VERB X"
)
TAGS = tuple(_TAGS.split())
SUFFIX = 3  # letters
SEEN, UNSEEN = 0, 1  # the word, as it is written, in the training split
NEITHER = -1  # padding
# The first that a word is; symbols from 4 on
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
    told = {split: [words for words, _ in two] for split, two in splits.items()}
    seen = {word for sentence in told["train"] for word in sentence}
    known = words.vocabulary(map(_lowered, told["train"]))
    endings = words.vocabulary(map(_endings, told["train"]))
    time = max(len(one) for sentences in told.values() for one in sentences)
    prepared: Arrays = {}
    for split, sentences in told.items():
        counted = words.lengths(sentences)
        tagged = [
            [TAGS.index(tag) for tag in tags] for _, tags in splits[split]
        ]
        group = [[int(word not in seen) for word in one] for one in sentences]
        padding = np.arange(time) >= counted[:, None]
        groups = words.padded(group, time).astype(np.int8)
        groups[padding] = NEITHER
        prepared |= {
            f"{split}_inputs": words.padded(
                words.symbols(map(_lowered, sentences), known), time
            ),
            f"{split}_inputs_1": words.padded(
                words.symbols(map(_endings, sentences), endings), time
            ),
            f"{split}_inputs_2": words.padded(
                [[shape(word) for word in one] for one in sentences], time
            ),
            f"{split}_inputs_3": counted,
            f"{split}_targets": words.padded(tagged, time),
            f"{split}_lengths": counted,
            f"{split}_groups": groups,
        }
    return prepared | {
        "words_source": lines(known),
        "words_target": lines(TAGS),
        GROUPS: lines(("seen", "unseen")),
    }


def shape(word: str) -> int:
    """The symbol of a word's shape: 4 and up."""
    places = enumerate(SHAPES, len(words.SIGNS))
    return next(n for n, kind in places if kind.fullmatch(word))


def _lowered(sentence: Sequence[str]) -> list[str]:
    return [word.lower() for word in sentence]


def _endings(sentence: Sequence[str]) -> list[str]:
    return [word.lower()[-SUFFIX:] for word in sentence]
