"""Fashion-MNIST: 60,000 + 10,000 grey images of ten kinds of garments.

Source: Xiao, Rasul, Vollgraf, arXiv:1708.07747, MIT licence; slides 10-11.
"""

import gzip
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.data import drawn_garments
from benchmarks.data.images import CLASSES, SIDE, scaled
from benchmarks.data.sets import Arrays, BrokenFile, File, Real

_SIZES = {"train": 60_000, "test": 10_000}
_PREFIXES = {"train": "train", "test": "t10k"}
_IMAGES, _LABELS = 0x803, 0x801  # magic numbers of idx: unsigned bytes, 3 or 1

_URL = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/"
    "b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/"
)


def _file(name: str, size: int, sha256: str) -> File:
    return File(name, size, f"sha256:{sha256}", _URL + name)


FILES = (
    _file(
        "train-images-idx3-ubyte.gz",
        26_421_880,
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    ),
    _file(
        "train-labels-idx1-ubyte.gz",
        29_515,
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    ),
    _file(
        "t10k-images-idx3-ubyte.gz",
        4_422_102,
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    ),
    _file(
        "t10k-labels-idx1-ubyte.gz",
        5_148,
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    ),
)


def read(
    paths: Mapping[str, Path], sizes: Mapping[str, int] = _SIZES
) -> Arrays:
    """Inputs (image, 28, 28, 1) float32 in 0..1, targets (image,) int32.

    sizes: images expected in each split. Raises BrokenFile.
    """
    arrays = {}
    for split, size in sizes.items():
        prefix = _PREFIXES[split]
        labels = paths[f"{prefix}-labels-idx1-ubyte.gz"]
        images = paths[f"{prefix}-images-idx3-ubyte.gz"]
        arrays[f"{split}_inputs"] = scaled(
            idx(images, _IMAGES, (size, SIDE, SIDE))
        )
        targets = idx(labels, _LABELS, (size,))
        if targets.max() >= CLASSES:
            raise BrokenFile(
                f"{labels}: label {targets.max()}, expected 0 to {CLASSES - 1}"
            )
        arrays[f"{split}_targets"] = targets.astype(np.int32)
    return arrays


def idx(path: Path, magic: int, shape: tuple[int, ...]) -> np.ndarray:
    """The bytes of a compressed idx file: `shape` uint8.

    Raises BrokenFile unless magic number and shape are the ones given.
    """
    header = 4 * (1 + len(shape))
    expected = header + int(np.prod(shape))
    try:
        with gzip.open(path) as file:
            content = file.read(expected + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BrokenFile(f"{path}: not a whole gzip file ({error})") from None
    numbers = np.frombuffer(content[: len(content) // 4 * 4], ">u4")
    told = tuple(int(n) for n in numbers[: 1 + len(shape)])
    if told != (magic, *shape):
        raise BrokenFile(f"{path}: header {told}, expected {(magic, *shape)}")
    if len(content) != expected:
        raise BrokenFile(f"{path}: other than {expected:,} bytes unpacked")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


SET = Real(
    name="fashion_mnist",
    version=1,
    offers=(FILES,),
    read=read,
    twin=drawn_garments.SET,
)
