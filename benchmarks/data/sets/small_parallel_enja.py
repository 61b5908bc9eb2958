"""50,000 English sentences of 4 to 16 words, and their Japanese.

Source: Oda's `small_parallel_enja`, out of the Tanaka Corpus (CC
BY 2.0 FR: attribute it); slides 24-25. Words seen at least twice: 4,105
English and 4,902 Japanese ones, and four signs in each vocabulary.
"""

import gzip
from collections.abc import Mapping
from pathlib import Path

from benchmarks.data.dataset import Arrays, BrokenFile, Real, offer, reading
from benchmarks.data.sets import pairs
from benchmarks.data.synthetic import sentences

_SPLITS = {"train": "train", "validation": "dev", "test": "test"}
_SIZES = {"train": 50_000, "validation": 500, "test": 500}

# Repacked for machines without a network: english TAB japanese
ROWS = offer(
    "",
    """
train.tsv.gz 1_490_190
a5b5b3c78635c3640a0740d6c879e87a69e5cb1b087cf27cb29804e21e5fe0b6
dev.tsv.gz 16_723
d8752ff8a957e3384c0780be392f95c4b547917b0ac2546b2bfce5c63d62bd12
test.tsv.gz 16_913
dbfad601e5f43d4688d801cb69584cf10a821f978715934ff02256a936bda672
""",
)
# The publisher gives no checksums: these are of the two sides of ROWS, one
# sentence a line, which is his own form
PUBLISHED = offer(
    "https://raw.githubusercontent.com/odashi/small_parallel_enja/"
    "312408a11c5fbcbc09443bebb18121f7efdcd61e/",
    """
train.en 1_701_356
148b05dcd28638fe20ee84f2b1127001c80982be352007dda241fb759adadc76
train.ja 2_784_447
fc81a1434349ec98a449d7ae9cd2530057f689637684ecfed3501ea6a8a07ecc
dev.en 17_054
04a2673449770657fd5e3b963cb856be3130923212b6db8ac7eaeef18f06c041
dev.ja 27_781
cd534f56b8639dc130f86a365e5ec0aa70042000bdd740a622fbbf8b6be4acca
test.en 17_301
45edb380749ec2b49cca7618fc5a7595fc9f791180672ba466b90c873a4aa8bf
test.ja 27_793
d37dc460a81b064e4106c8913eb11fa300da05cf3f58a7a5bbfec7e20947ddef
""",
)


def read(
    paths: Mapping[str, Path], sizes: Mapping[str, int] = _SIZES
) -> Arrays:
    """All parts of `pairs.arrays`; both forms give the same bits.

    sizes: pairs expected in each split. Raises BrokenFile.
    """
    splits = {}
    for split, name in _SPLITS.items():
        if f"{name}.en" in paths:
            sides = [paths[f"{name}.en"], paths[f"{name}.ja"]]
            columns = [_lines(side) for side in sides]
            rows = list(zip(*columns, strict=False))
            counts = {len(column) for column in columns}
            source = f"{sides[0]} and {sides[1].name}"
        else:
            source = str(paths[f"{name}.tsv.gz"])
            rows = [_pair(row, source) for row in _lines(Path(source))]
            counts = {len(rows)}
        if counts != {sizes[split]}:
            raise BrokenFile(
                f"{source}: {' and '.join(f'{n:,}' for n in sorted(counts))}"
                f" lines, expected {sizes[split]:,}"
            )
        splits[split] = [_words(row, source) for row in rows]
    return pairs.arrays(splits)


def _lines(path: Path) -> list[str]:
    with reading(path, "not text"):
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        return content.decode("utf-8").split("\n")[:-1]


def _pair(row: str, source: str) -> tuple[str, str]:
    english, tab, japanese = row.partition("\t")
    if not tab:
        raise BrokenFile(f"{source}: row {row[:40]!r} has no tab")
    return english, japanese


def _words(pair: tuple[str, ...], source: str) -> pairs.Pair:
    english, japanese = (side.split(" ") for side in pair)
    for side in (english, japanese):
        if not 1 <= len(side) <= pairs.LONGEST or "" in side:
            raise BrokenFile(
                f"{source}: {' '.join(side)[:40]!r} of {len(side)} words,"
                f" expected 1 to {pairs.LONGEST}"
            )
    return english, japanese


SET = Real(
    name="small_parallel_enja",
    version=1,
    offers=(ROWS, PUBLISHED),
    read=read,
    stand_in=sentences.SMALL_PARALLEL_ENJA,
)
