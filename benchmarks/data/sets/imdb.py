"""IMDB: 25,000 + 25,000 film reviews, positive or negative.

Source: Maas et al., Learning Word Vectors for Sentiment Analysis, ACL 2011
(no licence is stated: cite it, do not redistribute it); slides 21-23.
"""

import gzip
import json
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.data.dataset import (
    SPLITS,
    Arrays,
    BrokenFile,
    Real,
    offer,
    reading,
)
from benchmarks.data.sets import reviews
from benchmarks.data.synthetic import sentences

ARCHIVE = "aclImdb_v1.tar.gz"
_EACH = 12_500  # reviews of one label in one split
_LONGEST = 1 << 20  # bytes of one review; the longest has 14,106
_MEMBERS = 200_000  # of the archive; it has 100,022
_LABELS = {"neg": 0, "pos": 1}
_MEMBER = re.compile(r"aclImdb/(train|test)/(neg|pos)/(\d{1,5})_\d+\.txt")
_ID = re.compile(r"(neg|pos)/(\d{1,5})_\d+")

# Repacked for machines without a network: one JSON row per review
ROWS = offer(
    "",
    """
train.jsonl.gz 12_998_062
ca8941828fdef8180adf72e409368026c66c5b43a6266e2b577c709723dc67c3
test.jsonl.gz 12_694_085
406392dd8456d831ea9947e47117961cb515921593b5fdc1ef03493731a01b86
""",
)
# The publisher gives no checksum: torchtext and TensorFlow Datasets pin this
# MD5 for the same address
PUBLISHED = offer(
    "https://ai.stanford.edu/~amaas/data/sentiment/",
    f"{ARCHIVE} 84_125_825 7c2ac02c03563afcf9b574c7e56c153a",
)

Numbered = dict[tuple[int, int], str]  # (label, number in its folder) -> text


def read(paths: Mapping[str, Path], each: int = _EACH) -> Arrays:
    """Inputs (review, 50) int32 word numbers, targets (review,) int32.

    Both forms of the corpus give the same bits. each: reviews of one label
    expected in one split. Raises BrokenFile.
    """
    return reviews.arrays(*reviews_of(paths, each))


def reviews_of(
    paths: Mapping[str, Path], each: int = _EACH
) -> tuple[reviews.Reviews, reviews.Reviews]:
    """The reviews of both splits, negative ones first. Raises BrokenFile."""
    if ARCHIVE in paths:
        numbered = _unpacked(paths[ARCHIVE])
    else:
        numbered = {
            split: _rows(paths[f"{split}.jsonl.gz"]) for split in SPLITS
        }
    train, test = (_ordered(numbered[split], split, each) for split in SPLITS)
    return train, test


def _ordered(numbered: Numbered, split: str, each: int) -> reviews.Reviews:
    """Negative, then positive reviews, by number. Raises BrokenFile."""
    expected = {(label, n) for label in (0, 1) for n in range(each)}
    if numbered.keys() != expected:
        raise BrokenFile(
            f"IMDB {split}: {len(numbered):,} reviews, of which "
            f"{len(expected & numbered.keys()):,} are among the "
            f"{len(expected):,} expected"
        )
    return [(numbered[key], key[0]) for key in sorted(numbered)]


def _rows(path: Path) -> Numbered:
    """Rows {"id": "pos/0_9", "label": 1, "text": "..."}."""
    numbered: Numbered = {}
    with (
        reading(path, "not whole rows of JSON"),
        gzip.open(path, "rt", encoding="utf-8") as file,
    ):
        for line in file:
            row = json.loads(line)
            match = _ID.fullmatch(row["id"])
            if not match or _LABELS[match[1]] != row["label"]:
                raise BrokenFile(
                    f"{path}: row {row['id']!r} with label {row['label']!r}"
                )
            _add(numbered, path, match[1], match[2], row["text"])
    return numbered


def _unpacked(path: Path) -> dict[str, Numbered]:
    """The labelled reviews of the publisher's archive; the rest is ignored.

    Read as a stream: nothing of it is written to the disk, so that no name,
    link or size in it can do harm.
    """
    splits: dict[str, Numbered] = {split: {} for split in SPLITS}
    with (
        reading(path, "not a whole archive"),
        tarfile.open(path, "r|gz") as archive,
    ):
        for count, member in enumerate(archive, 1):
            if count > _MEMBERS:
                raise BrokenFile(f"{path}: more than {_MEMBERS:,} members")
            match = _MEMBER.fullmatch(member.name)
            if not match or not member.isreg():
                continue
            if member.size > _LONGEST:
                raise BrokenFile(
                    f"{path}: {member.name} has {member.size:,} "
                    f"bytes, expected {_LONGEST:,} at most"
                )
            file = archive.extractfile(member)
            assert file is not None  # a regular file has content
            content = file.read().decode("utf-8")
            _add(splits[match[1]], path, match[2], match[3], content)
    return splits


def _add(
    numbered: Numbered, path: Path, folder: str, number: str, content: str
) -> None:
    key = _LABELS[folder], int(number)
    if key in numbered:
        raise BrokenFile(f"{path}: {folder}/{number} comes twice")
    numbered[key] = content


SET = Real(
    name="imdb",
    version=1,
    offers=(ROWS, PUBLISHED),
    read=read,
    stand_in=sentences.IMDB,
)
