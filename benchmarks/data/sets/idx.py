"""Grey images in idx files: the form of MNIST, and of what followed it.

Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits".
"""

import gzip
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.data.dataset import Arrays, BrokenFile, File, Offer
from benchmarks.data.sets.images import CLASSES, SIDE, scaled

SIZES = {"train": 60_000, "test": 10_000}
_PREFIXES = {"train": "train", "test": "t10k"}
_IMAGES, _LABELS = 0x803, 0x801  # magic numbers: unsigned bytes, 3 or 1
_NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def files(url: str, *told: tuple[int, str]) -> Offer:
    """The four files of a set, below `url`.

    told: size in bytes and SHA-256 of each: images and labels for training,
    then for testing.
    """
    return tuple(
        File(name, size, f"sha256:{sha256}", url + name)
        for name, (size, sha256) in zip(_NAMES, told, strict=True)
    )


def read(paths: Mapping[str, Path], sizes: Mapping[str, int] = SIZES) -> Arrays:
    """Inputs (image, 28, 28, 1) float32 in 0..1, targets (image,) int32.

    sizes: images expected in each split. Raises BrokenFile.
    """
    arrays = {}
    for split, size in sizes.items():
        prefix = _PREFIXES[split]
        labels = paths[f"{prefix}-labels-idx1-ubyte.gz"]
        images = paths[f"{prefix}-images-idx3-ubyte.gz"]
        arrays[f"{split}_inputs"] = scaled(
            unpacked(images, _IMAGES, (size, SIDE, SIDE))
        )
        targets = unpacked(labels, _LABELS, (size,))
        if targets.max() >= CLASSES:
            raise BrokenFile(
                f"{labels}: label {targets.max()}, expected 0 to {CLASSES - 1}"
            )
        arrays[f"{split}_targets"] = targets.astype(np.int32)
    return arrays


def unpacked(path: Path, magic: int, shape: tuple[int, ...]) -> np.ndarray:
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
