"""IMDB, its test reviews in groups by how many words they have.

The arrays are those of `imdb`: the last 50 words of each review. The groups
count all its words.
"""

from collections.abc import Mapping
from pathlib import Path

from benchmarks.data.dataset import Arrays, Real
from benchmarks.data.sets import imdb, reviews
from benchmarks.data.synthetic import sentences


def read(paths: Mapping[str, Path]) -> Arrays:
    """All parts of `reviews.arrays_by_length`. Raises BrokenFile."""
    return reviews.arrays_by_length(*imdb.reviews_of(paths))


SET = Real(
    name="imdb_by_length",
    version=1,
    offers=imdb.SET.offers,
    read=read,
    stand_in=sentences.IMDB_BY_LENGTH,
    folder=imdb.SET.name,
)
