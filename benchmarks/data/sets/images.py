"""Grey images: the idx files of MNIST and of what followed it.

Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits".
"""

import gzip
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.data.dataset import Arrays, BrokenFile, reading

SIDE = 28  # pixels
CLASSES = 10
SIZES = {"train": 60_000, "test": 10_000}
_PREFIXES = {"train": "train", "test": "t10k"}
_IMAGES, _LABELS = 0x803, 0x801  # magic numbers: unsigned bytes, 3 or 1 axes
_NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def read(paths: Mapping[str, Path], sizes: Mapping[str, int] = SIZES) -> Arrays:
    """Inputs (image, 28, 28, 1) float32 in 0..1, targets (image,) int32.

    sizes: images expected in each split. Raises BrokenFile.
    """
    arrays = {}
    for split, size in sizes.items():
        images, labels = (
            paths[name] for name in _NAMES if name.startswith(_PREFIXES[split])
        )
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


def scaled(pixels: np.ndarray) -> np.ndarray:
    """(image, height, width) uint8 -> (image, height, width, 1) float32.

    Divided in float64 and then rounded, as in the program of slide 10.
    """
    shades = (np.arange(256) / 255.0).astype(np.float32)
    return shades[pixels][..., None]


def unpacked(path: Path, magic: int, shape: tuple[int, ...]) -> np.ndarray:
    """The bytes of a compressed idx file: `shape` uint8.

    Raises BrokenFile unless magic number and shape are the given ones.
    """
    size = 4 * (1 + len(shape))  # of the header, in bytes
    expected = size + int(np.prod(shape))
    with reading(path, "not a whole gzip file"), gzip.open(path) as file:
        content = file.read(expected + 1)
    numbers = np.frombuffer(content[: len(content) // 4 * 4], ">u4")
    header = tuple(int(n) for n in numbers[: 1 + len(shape)])
    if header != (magic, *shape):
        raise BrokenFile(f"{path}: header {header}, expected {(magic, *shape)}")
    if len(content) != expected:
        raise BrokenFile(f"{path}: other than {expected:,} bytes unpacked")
    return np.frombuffer(content, np.uint8, offset=size).reshape(shape)
