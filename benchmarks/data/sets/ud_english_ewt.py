"""English Web Treebank: 16,622 sentences with universal parts of speech.

Source: Silveira et al., A Gold Standard Dependency Corpus for English, LREC
2014; Universal Dependencies 2.16 (CC BY-SA 4.0); slide 14. A tagger that
gives every word its most frequent tag gets 0.862 of the test words right.
"""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from benchmarks.data.dataset import Arrays, BrokenFile, File, Real
from benchmarks.data.sets import tags
from benchmarks.data.synthetic import phrase_tags

_SPLITS = {"train": "train", "validation": "dev", "test": "test"}
_URL = (
    "https://raw.githubusercontent.com/UniversalDependencies/UD_English-EWT/"
    "15d613d8447b3478787d4c278730a1e48a945efb/"
)

# Repacked for machines without a network: one JSON row per sentence
ROWS = (
    File(
        "train.jsonl.gz",
        896_398,
        "sha256:"
        "a812b30c9f711222e18a08e6f50443d79de6a9b56096222e85fe0713f8ade925",
    ),
    File(
        "dev.jsonl.gz",
        121_487,
        "sha256:"
        "4d0207d92fc2e8b33aaa7189b91dfcece9d4fede6f7a3c298c152d5ec75296a1",
    ),
    File(
        "test.jsonl.gz",
        121_110,
        "sha256:"
        "1afa94ab0cf2f30e37cc1c223cf0168cab428981148c1eeeda1ac3b411b8e803",
    ),
)


def digest(sentences: Sequence[tags.Tagged]) -> str:
    """Of all words and tags: sha256 of `word TAB tag` lines, a blank one
    behind each sentence.
    """
    told = sha256()
    for forms, tagged in sentences:
        for form, tag in zip(forms, tagged, strict=True):
            told.update(f"{form}\t{tag}\n".encode())
        told.update(b"\n")
    return told.hexdigest()


def _content(path: Path) -> str:
    return digest(conllu(path))


def _published(split: str, content: str) -> File:
    # Of the trees' own files no checksum is known here: held is what is read
    name = f"en_ewt-ud-{split}.conllu"
    return File(name, 0, f"content:{content}", _URL + name, _content)


PUBLISHED = (
    _published(
        "train",
        "f66337dc7c394a1f497ddce9714c77f2bb296eb3721e01ed313d5a40eb5db6c9",
    ),
    _published(
        "dev",
        "ac7b79f3411079d8dca268d824ce4b36e25c9ba839ccd64067024d2ac18fba8d",
    ),
    _published(
        "test",
        "ead3f5bc8fe6026fa56cebf36b682bf79b165ff19762ad2bed0120039f6033ad",
    ),
)


def read(paths: Mapping[str, Path]) -> Arrays:
    """All parts of `tags.arrays`; both forms give the same bits.

    Raises BrokenFile.
    """
    splits = {}
    for split, name in _SPLITS.items():
        published = f"en_ewt-ud-{name}.conllu"
        splits[split] = (
            conllu(paths[published])
            if published in paths
            else rows(paths[f"{name}.jsonl.gz"])
        )
    return tags.arrays(splits)


def rows(path: Path) -> list[tags.Tagged]:
    """Rows {"tokens": [...], "upos": [...]}. Raises BrokenFile."""
    found = []
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                found.append(_checked(row["tokens"], row["upos"], path))
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


def conllu(path: Path) -> list[tags.Tagged]:
    """Sentences of the CoNLL-U format: ten columns, blank lines between.

    Lines of several words at once (`3-4`) and of none (`3.1`) are passed
    over. Raises BrokenFile.
    """
    try:
        told = path.read_bytes().decode("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenFile(f"{path}: not text ({error})") from None
    return list(_sentences(told, path))


def _sentences(told: list[str], path: Path) -> Iterator[tags.Tagged]:
    forms: list[str] = []
    tagged: list[str] = []
    for number, line in enumerate(told, 1):
        columns = line.split("\t")
        if not line:
            if forms:
                yield _checked(forms, tagged, path)
            forms, tagged = [], []
        elif line.startswith("#"):
            continue
        elif len(columns) != 10:
            raise BrokenFile(
                f"{path}: line {number} of {len(columns)} columns, expected 10"
            )
        elif columns[0].isdigit():
            forms.append(columns[1])
            tagged.append(columns[3])
    if forms:
        raise BrokenFile(f"{path}: breaks off in its last sentence")


def _checked(
    forms: Sequence[str], tagged: Sequence[str], path: Path
) -> tags.Tagged:
    unknown = [tag for tag in tagged if tag not in tags.TAGS]
    if unknown or not forms or len(forms) != len(tagged):
        raise BrokenFile(
            f"{path}: {len(forms)} words with tags"
            f" {' '.join(map(str, tagged))[:60]!r}, expected one of"
            f" {', '.join(tags.TAGS)} for each"
        )
    return forms, tagged


SET = Real(
    name="ud_english_ewt",
    version=1,
    offers=(ROWS, PUBLISHED),
    read=read,
    stand_in=phrase_tags.SET,
)
