"""Synthetic images: the stand-ins for Fashion-MNIST and MNIST.

Each of ten classes is a pattern of shades at the knots of a coarse grid. An
image deviates from it at each knot, and is interpolated through a random
affine map, with random contrast and noise, in 256 shades.

Arithmetic is element by element and without transcendental functions, so
that a seed gives the same bits on every machine.
"""

from collections.abc import Mapping

import numpy as np

from benchmarks.data.dataset import SPLITS, Arrays, Synthetic
from benchmarks.data.sets.images import CLASSES, SIDE, scaled

SIZES = {"train": 60_000, "test": 10_000}
KNOTS = 6  # of the grid, in each direction
DEVIATION = 0.5  # of an image from its class, where the class has 1
_CHUNK = 1000  # images computed at once


def generate(seed: int, sizes: Mapping[str, int] = SIZES) -> Arrays:
    """Inputs (image, 28, 28, 1) float32 in 0..1, targets (image,) int32."""
    random = np.random.default_rng(seed)
    patterns = random.uniform(-1, 1, (CLASSES, KNOTS, KNOTS))
    arrays = {}
    for split in SPLITS:
        targets = random.permutation(np.arange(sizes[split]) % CLASSES)
        pixels = [
            _images(random, patterns[targets[start : start + _CHUNK]])
            for start in range(0, len(targets), _CHUNK)
        ]
        arrays[f"{split}_inputs"] = scaled(np.concatenate(pixels))
        arrays[f"{split}_targets"] = targets.astype(np.int32)
    return arrays


def _images(random: np.random.Generator, patterns: np.ndarray) -> np.ndarray:
    """(image, knot, knot) -> (image, 28, 28) uint8."""
    count = len(patterns)

    def each(low: float, high: float) -> np.ndarray:
        """A number for each image."""
        return random.uniform(low, high, (count, 1, 1))

    at = (np.arange(SIDE) + 0.5) / SIDE * 2 - 1
    x, y = at[None, None, :], at[None, :, None]
    across = x * each(0.8, 1.2) + y * each(-0.3, 0.3) + each(-0.3, 0.3)
    down = y * each(0.8, 1.2) + x * each(-0.3, 0.3) + each(-0.3, 0.3)
    own = random.uniform(-DEVIATION, DEVIATION, patterns.shape)
    shades = 0.5 + 2 * _interpolated(patterns + own, across, down)
    fades = (1 - (across**2) ** 2).clip(0) * (1 - (down**2) ** 2).clip(0)
    grain = random.uniform(-1, 1, shades.shape) * each(0.02, 0.2)
    image = shades.clip(0, 1) * fades * each(0.6, 1) + grain
    return np.rint(image.clip(0, 1) * 255).astype(np.uint8)


def _interpolated(
    knots: np.ndarray, across: np.ndarray, down: np.ndarray
) -> np.ndarray:
    """Smooth steps between knots at the places of each image, in -1..1."""
    image = np.arange(len(knots))[:, None, None]
    last = knots.shape[-1] - 1
    x, y = (
        ((place + 1) / 2 * last).clip(0, last - 1e-6)
        for place in (across, down)
    )
    left, top = x.astype(int), y.astype(int)
    x, y = x - left, y - top
    x, y = x * x * (3 - 2 * x), y * y * (3 - 2 * y)
    upper = knots[image, top, left] * (1 - x) + knots[image, top, left + 1] * x
    top += 1
    lower = knots[image, top, left] * (1 - x) + knots[image, top, left + 1] * x
    return upper * (1 - y) + lower * y


FASHION_MNIST = Synthetic("synthetic_fashion_mnist", 2, 20_260, generate)
MNIST = Synthetic("synthetic_mnist", 2, 20_261, generate)
