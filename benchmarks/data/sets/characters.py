"""A text as a stream of characters, each with the one that follows it."""

import numpy as np

from benchmarks.data.dataset import Arrays, lines

TEST = 10  # the last tenth


def arrays(text: str) -> Arrays:
    """Inputs and targets (character,) int32: each, and the next one.

    `train` is what stands before the last tenth, `test` that. Symbols are
    the characters of the text in the order of their code.
    """
    known = sorted(set(text))
    numbers = {character: n for n, character in enumerate(known)}
    stream = np.array([numbers[one] for one in text], np.int32)
    cut = len(stream) - len(stream) // TEST
    prepared = {}
    for split, part in (("train", stream[:cut]), ("test", stream[cut:])):
        prepared[f"{split}_inputs"] = part[:-1]
        prepared[f"{split}_targets"] = part[1:]
    told = [one.replace("\n", "\\n") for one in known]
    return prepared | {"words_target": lines(told)}
