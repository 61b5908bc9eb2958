"""A text of `phrases`, a line each: stands in for tiny Shakespeare."""

from benchmarks.data.dataset import Arrays, Synthetic
from benchmarks.data.sets import characters
from benchmarks.data.synthetic import phrases

COUNT = 5_000  # lines


def generate(seed: int) -> Arrays:
    """All parts of `characters.arrays`."""
    told = phrases.phrases(seed, COUNT)
    return characters.arrays(
        "".join(" ".join(one.english) + "\n" for one in told)
    )


SET = Synthetic("phrase_text", version=1, seed=20_264, generate=generate)
