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

Only sums, products and comparisons follow the random numbers, so that a seed
means the same bits on every machine with this NumPy.
"""

from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.data.garment_shapes import KINDS, Drawing, Polygon, Random
from benchmarks.data.images import SIDE, scaled
from benchmarks.data.sets import SPLITS, Arrays, Twin

SIZES = {"train": 60_000, "test": 10_000}
VARIANTS = 40
_FINE = 48  # side of a rasterised drawing
_REACH = 1.2  # the drawing's square goes from -reach to reach
_CHUNK = 1000  # images drawn at once

Each = Callable[[float, float], np.ndarray]  # one number for each image


def generate(seed: int, sizes: Mapping[str, int] = SIZES) -> Arrays:
    """Inputs (image, 28, 28, 1) float32 in 0..1, targets (image,) int32."""
    random = np.random.default_rng(seed)
    drawings = np.stack(
        [_rasterised(draw(random)) for draw in KINDS for _ in range(VARIANTS)]
    )  # (drawing, 2, fine, fine)
    arrays = {}
    for split in SPLITS:
        size = sizes[split]
        targets = random.permutation(np.arange(size) % len(KINDS))
        pixels = np.concatenate(
            [
                _images(random, drawings, targets[start : start + _CHUNK])
                for start in range(0, size, _CHUNK)
            ]
        )
        arrays[f"{split}_inputs"] = scaled(pixels)
        arrays[f"{split}_targets"] = targets.astype(np.int32)
    return arrays


def _rasterised(drawing: Drawing) -> np.ndarray:
    """Cover and detail of a drawing: (2, fine, fine) float32."""
    fine = 2 * _FINE
    at = ((np.arange(fine) + 0.5) / fine * 2 - 1) * _REACH
    cover = np.zeros((fine, fine), bool)
    detail = np.zeros((fine, fine))
    for polygon, covers, tone in drawing:
        inside = _inside(polygon, at)
        if covers:
            cover = cover | inside if covers > 0 else cover & ~inside
        detail[inside] = tone
    planes = np.stack([cover, detail * cover])
    blocks = planes.reshape(2, _FINE, 2, _FINE, 2)
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
    random: Random, drawings: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """One image for each target: (image, 28, 28) uint8."""
    count = len(targets)

    def each(low: float, high: float) -> np.ndarray:
        return random.uniform(low, high, (count, 1, 1)).astype(np.float32)

    x, y = _places(each)
    variant = random.integers(0, VARIANTS, count)
    cover, detail = _looked_up(drawings, targets * VARIANTS + variant, x, y)
    striped = each(0, 1) < 0.5
    phase = x * each(-5, 5) + y * each(-5, 5) + each(0, 2)
    stripes = np.abs(phase % 2 - 1) * each(0, 0.5) * striped
    light = 1 + x * each(-0.25, 0.25) + y * each(-0.25, 0.25)
    shade = each(0.3, 0.95) * light * (1 - stripes) + detail * each(0.4, 1)
    image = cover * shade.clip(0.05, 1)
    image = np.where(_hidden(each), each(0, 0.7), image)
    shape = (2, count, SIDE, SIDE)
    noise = random.random(shape, np.float32).sum(0) - 1  # a triangle
    image += noise * each(0.02, 0.2)
    return np.rint(image.clip(0, 1) * 255).astype(np.uint8)


def _places(each: Each) -> tuple[np.ndarray, np.ndarray]:
    """Where in its drawing each pixel looks: x and y, (image, 28, 28)."""
    at = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE * 2 - 1
    x, y = at[None, None, :], at[None, :, None]
    bend = 0.1
    wave = (x * y, x * x - 0.5, y * y - 0.5, x * (1 - y * y))
    dx = sum(each(-bend, bend) * part for part in wave)
    dy = sum(each(-bend, bend) * part for part in wave)
    lean = 0.2
    across = x * each(0.9, 1.3) + y * each(-lean, lean) + each(-0.15, 0.15)
    down = y * each(0.9, 1.3) + x * each(-lean, lean) + each(-0.15, 0.15)
    return across + dx, down + dy


def _looked_up(
    drawings: np.ndarray, chosen: np.ndarray, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cover and detail between the four nearest points of the drawing."""
    scale = np.float32(_FINE / (2 * _REACH))
    across = (x * scale + _FINE / 2 - 0.5).clip(0, _FINE - 1.001)
    down = (y * scale + _FINE / 2 - 0.5).clip(0, _FINE - 1.001)
    column, row = across.astype(np.int32), down.astype(np.int32)
    right, below = across - column, down - row
    start = chosen.astype(np.int32)[:, None, None] * (2 * _FINE * _FINE)
    first = start + row * _FINE + column
    flat = drawings.ravel()
    planes = []
    for plane in (first, first + _FINE * _FINE):
        upper = flat[plane] * (1 - right) + flat[plane + 1] * right
        plane = plane + _FINE
        lower = flat[plane] * (1 - right) + flat[plane + 1] * right
        planes.append(upper * (1 - below) + lower * below)
    return planes[0], planes[1]


def _hidden(each: Each) -> np.ndarray:
    """Pixels behind something that lies in front: (image, 28, 28) bool."""
    at = (np.arange(SIDE) + 0.5) / SIDE * 2 - 1
    x, y = at[None, None, :], at[None, :, None]
    there = each(0, 1) < 0.3
    beside = np.abs(x - each(-1, 1)) < each(0.1, 0.5)
    level = np.abs(y - each(-1, 1)) < each(0.1, 0.5)
    return there & beside & level


SET = Twin("drawn_garments", version=1, seed=20_260, generate=generate)
