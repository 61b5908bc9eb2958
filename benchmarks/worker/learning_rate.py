"""Learning-rate schedules."""

import math


def share(
    schedule: str, update: int, updates: int, warmup: int, final: float
) -> float:
    """Of the learning rate at an update, which are numbered from 0.

    It rises linearly over the updates of the warm-up. Afterwards it is
    constant, or decays from 1 to `final`, linearly or as half a cosine,
    which it would reach with the update after the last: nanoGPT's rule.
    Raises ValueError for a warm-up that leaves no update.
    """
    if not 0 <= warmup < updates:
        raise ValueError(
            f"a warm-up of {warmup} updates of {updates}: expected fewer than"
            " all"
        )
    if update < warmup:
        return (update + 1) / (warmup + 1)
    done = (update - warmup) / (updates - warmup)
    left = {
        "constant": 1.0,
        "linear": 1 - done,
        "cosine": (1 + math.cos(math.pi * done)) / 2,
    }[schedule]
    return final + (1 - final) * left
