"""English Web Treebank: 16,622 sentences with universal parts of speech.

Source: Silveira et al., A Gold Standard Dependency Corpus for English, LREC
2014; Universal Dependencies 2.16 (CC BY-SA 4.0); slide 14. A tagger that
gives every word its most frequent tag gets 0.862 of the test words right.
"""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from benchmarks.data.dataset import Arrays, BrokenFile, Real, offer, reading
from benchmarks.data.sets import tags
from benchmarks.data.synthetic import sentences

_SPLITS = {"train": "train", "validation": "dev", "test": "test"}

# Repacked for machines without a network: one JSON row per sentence
ROWS = offer(
    "",
    """
train.jsonl.gz 896_398
a812b30c9f711222e18a08e6f50443d79de6a9b56096222e85fe0713f8ade925
dev.jsonl.gz 121_487
4d0207d92fc2e8b33aaa7189b91dfcece9d4fede6f7a3c298c152d5ec75296a1
test.jsonl.gz 121_110
1afa94ab0cf2f30e37cc1c223cf0168cab428981148c1eeeda1ac3b411b8e803
""",
)


def digest(tagged: Sequence[tags.Tagged]) -> str:
    """sha256 over all words and tags: `word TAB tag` lines.

    A blank line ends each sentence.
    """
    sha = sha256()
    for forms, upos in tagged:
        for form, tag in zip(forms, upos, strict=True):
            sha.update(f"{form}\t{tag}\n".encode())
        sha.update(b"\n")
    return sha.hexdigest()


def _content(path: Path) -> str:
    return digest(conllu(path))


# No checksum of the publisher's files is known: their content is checked
PUBLISHED = tuple(
    replace(file, content=_content)
    for file in offer(
        "https://raw.githubusercontent.com/UniversalDependencies/"
        "UD_English-EWT/15d613d8447b3478787d4c278730a1e48a945efb/",
        """
en_ewt-ud-train.conllu 0
f66337dc7c394a1f497ddce9714c77f2bb296eb3721e01ed313d5a40eb5db6c9
en_ewt-ud-dev.conllu 0
ac7b79f3411079d8dca268d824ce4b36e25c9ba839ccd64067024d2ac18fba8d
en_ewt-ud-test.conllu 0
ead3f5bc8fe6026fa56cebf36b682bf79b165ff19762ad2bed0120039f6033ad
""",
    )
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
    with (
        reading(path, "not whole rows of JSON"),
        gzip.open(path, "rt", encoding="utf-8") as file,
    ):
        parsed = (json.loads(line) for line in file)
        return [_checked(row["tokens"], row["upos"], path) for row in parsed]


def conllu(path: Path) -> list[tags.Tagged]:
    """Sentences of the CoNLL-U format: ten columns, blank lines between.

    Lines of multiword tokens (`3-4`) and empty nodes (`3.1`) are ignored.
    Raises BrokenFile.
    """
    with reading(path, "not text"):
        lines = path.read_bytes().decode("utf-8").split("\n")
    return list(_sentences(lines, path))


def _sentences(lines: list[str], path: Path) -> Iterator[tags.Tagged]:
    forms: list[str] = []
    upos: list[str] = []
    for number, line in enumerate(lines, 1):
        columns = line.split("\t")
        if not line:
            if forms:
                yield _checked(forms, upos, path)
            forms, upos = [], []
        elif line.startswith("#"):
            continue
        elif len(columns) != 10:
            raise BrokenFile(
                f"{path}: line {number} of {len(columns)} columns, expected 10"
            )
        elif columns[0].isdigit():
            forms.append(columns[1])
            upos.append(columns[3])
    if forms:
        raise BrokenFile(f"{path}: breaks off in its last sentence")


def _checked(
    forms: Sequence[str], upos: Sequence[str], path: Path
) -> tags.Tagged:
    unknown = [tag for tag in upos if tag not in tags.TAGS]
    if unknown or not forms or len(forms) != len(upos):
        raise BrokenFile(
            f"{path}: {len(forms)} words with tags"
            f" {' '.join(map(str, upos))[:60]!r}, expected one of"
            f" {', '.join(tags.TAGS)} for each"
        )
    return forms, upos


SET = Real(
    name="ud_english_ewt",
    version=1,
    offers=(ROWS, PUBLISHED),
    read=read,
    stand_in=sentences.UD_ENGLISH_EWT,
)
