"""Delayed copy: which of two signs occurred in a sequence of noise?

A synthetic task of its own, no stand-in: the sign lies 0 to 99 steps before
the last one, and all other symbols are noise. A network has to keep one bit
for that long (slides 16 and 19; after Hochreiter and Schmidhuber, Long
Short-Term Memory, 1997).

Measured with Adam, learning rate 0.001 with linear decay to 0, gradient norm
at most 1, batches of 32, embeddings of 128, hidden 64, PyTorch: seeds, of six
to fourteen, with an accuracy of at least 0.9 where the sign is 75 to 99 steps
back:

    embeddings within   0.05   0.3   1.0    1.0   1.5    1.5   2.0   2.0   2.0
    epochs              2      2     2      4     3      6     2     3     4
    RNNs                2/6    4/6   0/14   3/6   0/14   0/8   0/6   0/8   0/6
    LSTMs               6/6    6/6   14/14  6/6   14/14  8/8   4/6   8/8   6/6

An RNN's recurrent kernel starts orthogonal. With small embeddings, tanh is
nearly linear and the RNN forgets nothing either; with larger ones, tanh
saturates, and the gradient by the first input is 1e-16 (1.0) to 1e-22 (1.5)
of the last one's. An LSTM's gates learn to ignore noise. Distances have to be
uniform: if most are short, the RNN learns those first, and then all of them;
if none is below 20 of 120 steps, the LSTM learns nothing in two epochs
(embeddings within 0.05).
"""

from random import Random

import numpy as np

from benchmarks.data.dataset import GROUPS, Arrays, Synthetic, lines

TIME = 100  # steps
SIGNS = 2  # symbols 0 and 1
NOISE = 8  # symbols 2 to 9
SIZES = {"train": 4_000, "test": 1_000}
_GROUP = 25  # distances of one group
NAMES = tuple(
    f"distance_{low}_{low + _GROUP - 1}" for low in range(0, TIME, _GROUP)
)


def generate(seed: int) -> Arrays:
    """Inputs (example, 100) int32, targets (example,): 0 or 1.

    Groups by the distance from the end.
    """
    random = Random(seed)
    prepared: Arrays = {}
    for split, size in SIZES.items():
        noise = [
            SIGNS + int(random.random() * NOISE) for _ in range(size * TIME)
        ]
        inputs = np.array(noise, np.int32).reshape(size, TIME)
        drawn = [
            (int(random.random() * SIGNS), int(random.random() * TIME))
            for _ in range(size)
        ]
        targets, distances = np.array(drawn, np.int32).T
        inputs[np.arange(size), TIME - 1 - distances] = targets
        prepared[f"{split}_inputs"] = inputs
        prepared[f"{split}_targets"] = targets
        prepared[f"{split}_groups"] = (distances // _GROUP).astype(np.int8)
    return prepared | {GROUPS: lines(NAMES)}


SET = Synthetic(
    "delayed_copy", version=1, seed=20_266, generate=generate, stands_in=False
)
