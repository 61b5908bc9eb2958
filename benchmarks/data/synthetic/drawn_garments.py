"""Ten kinds of drawn garments: stands in for Fashion-MNIST, never as it.

How an image comes about. Each kind has a drawing of polygons in a square from
-1 to 1, whose measures (sleeves, width, length, neck, ...) are random; VARIANTS
of each are rasterised, finely and with soft edges, into two planes: what is
covered, and details such as seams, buttons and soles. An image looks up one
of them through a random affine map and a smooth warp; then come cloth (plain
or striped), light from one side, something that may lie in front, noise, and
rounding to 256 shades.

What makes it hard: shirts have any length of sleeve and differ from T-shirts,
pullovers and coats in collar and buttons only; nothing lies straight; a part
may be hidden. After one epoch the network of slides 10-11 gets about 0.88 of
the test images right, a linear model about 0.74.
"""

from collections.abc import Mapping

import numpy as np

from benchmarks.data.dataset import Arrays, Synthetic
from benchmarks.data.sets.images import SIDE
from benchmarks.data.synthetic import drawings
from benchmarks.data.synthetic.drawings import FINE, REACH, Each
from benchmarks.data.synthetic.garment_shapes import (
    KINDS,
    Drawing,
    Polygon,
    Random,
)

SIZES = {"train": 60_000, "test": 10_000}
VARIANTS = 40


def generate(seed: int, sizes: Mapping[str, int] = SIZES) -> Arrays:
    """Inputs (image, 28, 28, 1) float32 in 0..1, targets (image,) int32."""
    random = np.random.default_rng(seed)
    drawn = np.stack(
        [_rasterised(draw(random)) for draw in KINDS for _ in range(VARIANTS)]
    )  # (drawing, 2, fine, fine)
    return drawings.generate(random, drawn, _images, sizes, len(KINDS))


def _rasterised(drawing: Drawing) -> np.ndarray:
    """Cover and detail of a drawing: (2, fine, fine) float32."""
    fine = 2 * FINE
    at = ((np.arange(fine) + 0.5) / fine * 2 - 1) * REACH
    cover = np.zeros((fine, fine), bool)
    detail = np.zeros((fine, fine))
    for polygon, covers, tone in drawing:
        inside = _inside(polygon, at)
        if covers:
            cover = cover | inside if covers > 0 else cover & ~inside
        detail[inside] = tone
    planes = np.stack([cover, detail * cover])
    blocks = planes.reshape(2, FINE, 2, FINE, 2)
    return blocks.mean((2, 4)).astype(np.float32)


def _inside(polygon: Polygon, at: np.ndarray) -> np.ndarray:
    """Which points of the square grid lie inside: (y, x) bool."""
    inside = np.zeros((len(at), len(at)), bool)
    ends = np.roll(polygon, -1, 0)
    for (x0, y0), (x1, y1) in zip(polygon, ends, strict=True):
        crossed = (y0 > at) != (y1 > at)
        ys = at[crossed]
        edge = x0 + (ys - y0) * (x1 - x0) / (y1 - y0)
        inside[crossed] ^= at[None, :] < edge[:, None]
    return inside


def _images(
    random: Random, drawn: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """One image for each target: (image, 28, 28), about 0..1."""
    count = len(targets)
    each = drawings.each_of(random, count)
    x, y = drawings.places(each, bend=0.1, lean=0.2, size=(0.9, 1.3))
    variant = random.integers(0, VARIANTS, count)
    chosen = targets * VARIANTS + variant
    cover, detail = drawings.looked_up(drawn, chosen, x, y)
    striped = each(0, 1) < 0.5
    phase = x * each(-5, 5) + y * each(-5, 5) + each(0, 2)
    stripes = np.abs(phase % 2 - 1) * each(0, 0.5) * striped
    light = 1 + x * each(-0.25, 0.25) + y * each(-0.25, 0.25)
    shade = each(0.3, 0.95) * light * (1 - stripes) + detail * each(0.4, 1)
    image = cover * shade.clip(0.05, 1)
    image = np.where(_hidden(each), each(0, 0.7), image)
    image += drawings.noise(random, count) * each(0.02, 0.2)
    return image


def _hidden(each: Each) -> np.ndarray:
    """Pixels behind something that lies in front: (image, 28, 28) bool."""
    at = (np.arange(SIDE) + 0.5) / SIDE * 2 - 1
    x, y = at[None, None, :], at[None, :, None]
    there = each(0, 1) < 0.3
    beside = np.abs(x - each(-1, 1)) < each(0.1, 0.5)
    level = np.abs(y - each(-1, 1)) < each(0.1, 0.5)
    return there & beside & level


SET = Synthetic("drawn_garments", version=1, seed=20_260, generate=generate)
