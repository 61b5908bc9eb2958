"""IMDB, its test reviews in groups by how many words they have.

The arrays are those of `imdb`: the last 50 words of each review. The groups
count all its words.
"""

from collections.abc import Mapping
from pathlib import Path

from benchmarks.data.dataset import Arrays, Real
from benchmarks.data.sets import by_length, imdb
from benchmarks.data.synthetic import phrase_reviews


def read(paths: Mapping[str, Path]) -> Arrays:
    """All parts of `by_length.arrays`. Raises BrokenFile."""
    return by_length.arrays(*imdb.reviews(paths))


SET = Real(
    name="imdb_by_length",
    version=1,
    offers=imdb.SET.offers,
    read=read,
    stand_in=phrase_reviews.SET,
    folder=imdb.SET.name,
)
