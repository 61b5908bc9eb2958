"""IMDB: 25,000 + 25,000 film reviews, positive or negative.

Source: Maas et al., Learning Word Vectors for Sentiment Analysis, ACL 2011
(no licence is stated: cite it, do not redistribute it); slides 21-23.
"""

import gzip
import json
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.data.dataset import SPLITS, Arrays, BrokenFile, File, Real
from benchmarks.data.sets import text
from benchmarks.data.synthetic import grammar_reviews

ARCHIVE = "aclImdb_v1.tar.gz"
_EACH = 12_500  # reviews of one label in one split
_LONGEST = 1 << 20  # bytes of one review; the longest has 14,106
_MEMBERS = 200_000  # of the archive; it has 100,022
_LABELS = {"neg": 0, "pos": 1}
_MEMBER = re.compile(r"aclImdb/(train|test)/(neg|pos)/(\d{1,5})_\d+\.txt")
_ID = re.compile(r"(neg|pos)/(\d{1,5})_\d+")

# Repacked for machines without a network: one JSON row per review
ROWS = (
    File(
        "train.jsonl.gz",
        12_998_062,
        "sha256:"
        "ca8941828fdef8180adf72e409368026c66c5b43a6266e2b577c709723dc67c3",
    ),
    File(
        "test.jsonl.gz",
        12_694_085,
        "sha256:"
        "406392dd8456d831ea9947e47117961cb515921593b5fdc1ef03493731a01b86",
    ),
)
# The publisher gives no checksum: this MD5 is the one that torchtext and
# TensorFlow Datasets pin for the same address
PUBLISHED = (
    File(
        ARCHIVE,
        84_125_825,
        "md5:7c2ac02c03563afcf9b574c7e56c153a",
        f"https://ai.stanford.edu/~amaas/data/sentiment/{ARCHIVE}",
    ),
)

Found = dict[tuple[int, int], str]  # (label, number in its folder) -> text


def read(paths: Mapping[str, Path], each: int = _EACH) -> Arrays:
    """Inputs (review, 50) int32 word numbers, targets (review,) int32.

    Both forms of the corpus give the same bits. each: reviews of one label
    expected in one split. Raises BrokenFile.
    """
    return text.arrays(*reviews(paths, each))


def reviews(
    paths: Mapping[str, Path], each: int = _EACH
) -> tuple[text.Reviews, text.Reviews]:
    """The reviews of both splits, negative ones first. Raises BrokenFile."""
    if ARCHIVE in paths:
        found = _unpacked(paths[ARCHIVE])
    else:
        found = {split: _rows(paths[f"{split}.jsonl.gz"]) for split in SPLITS}
    train, test = (_ordered(found[split], split, each) for split in SPLITS)
    return train, test


def _ordered(found: Found, split: str, each: int) -> text.Reviews:
    """Negative, then positive reviews, by number; all must be there."""
    expected = {(label, n) for label in (0, 1) for n in range(each)}
    if found.keys() != expected:
        raise BrokenFile(
            f"IMDB {split}: {len(found):,} reviews, of which "
            f"{len(expected & found.keys()):,} are among the "
            f"{len(expected):,} expected"
        )
    return [(found[key], key[0]) for key in sorted(found)]


def _rows(path: Path) -> Found:
    """Rows {"id": "pos/0_9", "label": 1, "text": "..."}."""
    found: Found = {}
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                told = _ID.fullmatch(row["id"])
                if not told or _LABELS[told[1]] != row["label"]:
                    raise BrokenFile(
                        f"{path}: row {row['id']!r} with label {row['label']!r}"
                    )
                _add(found, path, told[1], told[2], row["text"])
    except (
        OSError,
        EOFError,
        zlib.error,
        ValueError,
        LookupError,
        TypeError,
    ) as error:
        raise BrokenFile(f"{path}: not whole rows of JSON ({error})") from None
    return found


def _unpacked(path: Path) -> dict[str, Found]:
    """The labelled reviews of the publisher's archive.

    Read in one stream: nothing of it is ever written to the disk, so no
    name, link or size in it can do harm.
    """
    found: dict[str, Found] = {split: {} for split in SPLITS}
    try:
        with tarfile.open(path, "r|gz") as archive:
            for member, told in _reviews(archive, path):
                content = archive.extractfile(member)
                assert content is not None  # a regular file has content
                _add(
                    found[told[1]],
                    path,
                    told[2],
                    told[3],
                    content.read().decode("utf-8"),
                )
    except (
        OSError,
        EOFError,
        zlib.error,
        tarfile.TarError,
        UnicodeDecodeError,
    ) as error:
        raise BrokenFile(f"{path}: not a whole archive ({error})") from None
    return found


def _reviews(
    archive: tarfile.TarFile, path: Path
) -> Iterator[tuple[tarfile.TarInfo, re.Match[str]]]:
    """Regular files with a review's name; all else is passed over."""
    for count, member in enumerate(archive, 1):
        if count > _MEMBERS:
            raise BrokenFile(f"{path}: more than {_MEMBERS:,} members")
        told = _MEMBER.fullmatch(member.name)
        if not told or not member.isreg():
            continue
        if member.size > _LONGEST:
            raise BrokenFile(
                f"{path}: {member.name} has {member.size:,} "
                f"bytes, expected {_LONGEST:,} at most"
            )
        yield member, told


def _add(
    found: Found, path: Path, folder: str, number: str, content: str
) -> None:
    key = _LABELS[folder], int(number)
    if key in found:
        raise BrokenFile(f"{path}: {folder}/{number} comes twice")
    found[key] = content


SET = Real(
    name="imdb",
    version=1,
    offers=(ROWS, PUBLISHED),
    read=read,
    stand_in=grammar_reviews.SET,
)
