"""Synthetic images: the stand-ins for Fashion-MNIST and MNIST.

Each of ten classes has PROTOTYPES pictures on a fine grid. An image is one of
them, sampled through a random affine map and a smooth warp (elastic
deformation; Simard et al., ICDAR 2003), with random contrast and noise, in
256 shades.

Arithmetic is element by element and without transcendental functions, so
that a seed gives the same bits on every machine.
"""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from benchmarks.data.dataset import SPLITS, Arrays, Synthetic
from benchmarks.data.sets.images import CLASSES, SIDE, scaled

SIZES = {"train": 60_000, "test": 10_000}
PROTOTYPES = 40  # of each class
FINE = 48  # side of a prototype, in its own pixels
_CHUNK = 1000  # images computed at once

Random = np.random.Generator


def patterns(random: Random) -> np.ndarray:
    """Shaded blobs, thresholded value noise: (class, prototype, fine, fine).

    Classes differ in the noise's grid, prototypes deviate from their class.
    """
    knots = 5
    grid = random.uniform(-1, 1, (knots, knots, CLASSES, 1))
    shape = (knots, knots, CLASSES, PROTOTYPES)
    grid = grid + random.uniform(-0.5, 0.5, shape)
    noise = _interpolated(grid, FINE)
    noise = _interpolated(noise.swapaxes(0, 1), FINE)
    at = (np.arange(FINE) + 0.5) / FINE * 2 - 1
    fades = (1 - at**4)[:, None, None, None] * (1 - at**4)[:, None, None]
    shade = (0.5 + 2 * noise).clip(0, 1) * fades
    return shade.transpose(2, 3, 0, 1)


def strokes(random: Random) -> np.ndarray:
    """Lines through a class's points: (class, prototype, fine, fine)."""
    points = random.uniform(-0.75, 0.75, (5, CLASSES, 1, 2))
    points = points + random.uniform(-0.15, 0.15, (5, CLASSES, PROTOTYPES, 2))
    line = _interpolated(points, 60)  # (point, class, prototype, 2)
    at = (np.arange(FINE) + 0.5) / FINE * 2 - 1
    nearest = np.full((CLASSES, PROTOTYPES, FINE, FINE), np.inf)
    for x, y in np.moveaxis(line, -1, 1):
        across = (at - x[..., None])[:, :, None, :]
        down = (at - y[..., None])[:, :, :, None]
        nearest = np.minimum(nearest, across * across + down * down)
    return ((0.16 - np.sqrt(nearest)) / 0.1).clip(0, 1)


def generate(
    seed: int,
    prototypes: Callable[[Random], np.ndarray],
    sizes: Mapping[str, int] = SIZES,
) -> Arrays:
    """Inputs (image, 28, 28, 1) float32 in 0..1, targets (image,) int32."""
    random = np.random.default_rng(seed)
    pictures = prototypes(random).astype(np.float32)
    arrays = {}
    for split in SPLITS:
        targets = random.permutation(np.arange(sizes[split]) % CLASSES)
        pixels = [
            _images(random, pictures, targets[start : start + _CHUNK])
            for start in range(0, len(targets), _CHUNK)
        ]
        arrays[f"{split}_inputs"] = scaled(np.concatenate(pixels))
        arrays[f"{split}_targets"] = targets.astype(np.int32)
    return arrays


def _interpolated(values: np.ndarray, count: int) -> np.ndarray:
    """Smooth steps between values along the first axis: (count, ...)."""
    place = (np.arange(count) + 0.5) / count * (len(values) - 1)
    before = place.astype(int)
    part = (place - before).reshape(-1, *[1] * (values.ndim - 1))
    part = part * part * (3 - 2 * part)
    return values[before] * (1 - part) + values[before + 1] * part


def _images(
    random: Random, pictures: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """An image for each target: (image, 28, 28) uint8."""
    count = len(targets)

    def each(low: float, high: float) -> np.ndarray:
        """A number for each image."""
        return random.uniform(low, high, (count, 1, 1)).astype(np.float32)

    at = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE * 2 - 1
    x, y = at[None, None, :], at[None, :, None]
    waves = (x * y, x * x - 0.5, y * y - 0.5)
    across = x * each(0.9, 1.3) + y * each(-0.3, 0.3) + each(-0.25, 0.25)
    down = y * each(0.9, 1.3) + x * each(-0.3, 0.3) + each(-0.25, 0.25)
    across = across + sum(each(-0.15, 0.15) * wave for wave in waves)
    down = down + sum(each(-0.15, 0.15) * wave for wave in waves)
    chosen = pictures[targets, random.integers(0, PROTOTYPES, count)]
    image = _sampled(chosen, across, down) * each(0.6, 1)
    grain = random.random((2, count, SIDE, SIDE), np.float32).sum(0) - 1
    image = image + grain * each(0.02, 0.2)
    return np.rint(image.clip(0, 1) * 255).astype(np.uint8)


def _sampled(images: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Bilinear interpolation of each image at its own places in -1..1."""
    side = images.shape[-1]
    column = ((x + 1) / 2 * side - 0.5).clip(0, side - 1.001)
    row = ((y + 1) / 2 * side - 0.5).clip(0, side - 1.001)
    left, top = column.astype(int), row.astype(int)
    right, below = column - left, row - top
    image = np.arange(len(images))[:, None, None]
    upper = images[image, top, left] * (1 - right)
    upper = upper + images[image, top, left + 1] * right
    lower = images[image, top + 1, left] * (1 - right)
    lower = lower + images[image, top + 1, left + 1] * right
    return upper * (1 - below) + lower * below


FASHION_MNIST = Synthetic(
    "synthetic_fashion_mnist", 1, 20_260, partial(generate, prototypes=patterns)
)
MNIST = Synthetic(
    "synthetic_mnist", 1, 20_261, partial(generate, prototypes=strokes)
)
