"""Ten kinds of drawn digits: stands in for MNIST, never as it.

How an image comes about. Each kind is written in a few ways, as smooth strokes
through points that are shaken; of VARIANTS of each, how far every point of a
fine grid lies from the nearest stroke. An image looks up one of them through a
random affine map and a smooth warp; then come the thickness of the pen, the
softness of its edge, a pressure that varies along the line, noise, and
rounding to 256 shades. What lies far from the strokes is black.

What makes it hard is how few are known: with 5, 20 or 100 images of each of
the kinds 5 to 9, the network of slides 10-11 gets about 0.66, 0.88 and 0.98 of
the others right (of MNIST 0.75, 0.91 and 0.95).
"""

from collections.abc import Mapping

import numpy as np

from benchmarks.data.dataset import Arrays, Synthetic
from benchmarks.data.synthetic import drawings
from benchmarks.data.synthetic.digit_shapes import KINDS, written
from benchmarks.data.synthetic.drawings import FINE, REACH, Random

SIZES = {"train": 60_000, "test": 10_000}
VARIANTS = 60


def generate(seed: int, sizes: Mapping[str, int] = SIZES) -> Arrays:
    """Inputs (image, 28, 28, 1) float32 in 0..1, targets (image,) int32."""
    random = np.random.default_rng(seed)
    drawn = np.stack(
        [
            _distances(written(random, kind))[None]
            for kind in range(len(KINDS))
            for _ in range(VARIANTS)
        ]
    )  # (drawing, 1, fine, fine)
    return drawings.generate(random, drawn, _images, sizes, len(KINDS))


def _distances(strokes: list[np.ndarray]) -> np.ndarray:
    """From each point of the grid to the nearest stroke: (fine, fine)."""
    at = ((np.arange(FINE) + 0.5) / FINE * 2 - 1) * REACH
    x, y = at[None, None, :], at[None, :, None]
    start = np.concatenate([stroke[:-1] for stroke in strokes])
    step = np.concatenate([np.diff(stroke, axis=0) for stroke in strokes])
    (left, top), (across, down) = (
        start.T[..., None, None],
        step.T[..., None, None],
    )
    length = across * across + down * down
    along = (x - left) * across + (y - top) * down
    along = (along / np.maximum(length, 1e-9)).clip(0, 1)
    dx, dy = x - left - along * across, y - top - along * down
    return np.sqrt((dx * dx + dy * dy).min(0)).astype(np.float32)


def _images(
    random: Random, drawn: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """One image for each target: (image, 28, 28), about 0..1."""
    count = len(targets)
    each = drawings.each_of(random, count)
    x, y = drawings.places(each, bend=0.12, lean=0.3, size=(0.9, 1.4))
    variant = random.integers(0, VARIANTS, count)
    chosen = targets * VARIANTS + variant
    (distance,) = drawings.looked_up(drawn, chosen, x, y)
    pressure = 1 + x * each(-0.4, 0.4) + y * each(-0.4, 0.4)
    edge = each(0.08, 0.2)
    ink = ((each(0.07, 0.2) * pressure - distance) / edge + 0.5).clip(0, 1)
    grain = drawings.noise(random, count) * each(0.05, 0.5)
    return ink * (each(0.7, 1.1) + grain)


SET = Synthetic("drawn_digits", version=1, seed=20_261, generate=generate)
