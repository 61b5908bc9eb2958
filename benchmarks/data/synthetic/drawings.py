"""How images are drawn that stand in for real ones: what stand_ins share.

Each kind of thing has drawings in a square from -1 to 1, y downwards, as
planes of numbers on a fine grid. An image looks up one of them through a
random affine map and a smooth warp, and then renders what it finds.

Only sums, products, roots and comparisons follow the random numbers, so that
a seed means the same bits on every machine with this NumPy.
"""

from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.data.dataset import SPLITS, Arrays
from benchmarks.data.sets.images import SIDE, scaled

FINE = 48  # side of a drawing's planes
REACH = 1.2  # the drawing's square goes from -reach to reach
_CHUNK = 1000  # images drawn at once

Random = np.random.Generator
Each = Callable[[float, float], np.ndarray]  # one number for each image
Render = Callable[[Random, np.ndarray, np.ndarray], np.ndarray]


def generate(
    random: Random,
    drawings: np.ndarray,
    render: Render,
    sizes: Mapping[str, int],
    kinds: int,
) -> Arrays:
    """Inputs (image, 28, 28, 1) float32 in 0..1, targets (image,) int32.

    drawings: (drawing, plane, fine, fine) float32, kind after kind. render:
    called with a thousand targets at a time, gives (image, 28, 28) in 0..1.
    """
    arrays = {}
    for split in SPLITS:
        size = sizes[split]
        targets = random.permutation(np.arange(size) % kinds)
        pixels = np.concatenate(
            [
                _shades(render(random, drawings, targets[at : at + _CHUNK]))
                for at in range(0, size, _CHUNK)
            ]
        )
        arrays[f"{split}_inputs"] = scaled(pixels)
        arrays[f"{split}_targets"] = targets.astype(np.int32)
    return arrays


def each_of(random: Random, count: int) -> Each:
    """Draws a number between two for each of `count` images."""

    def each(low: float, high: float) -> np.ndarray:
        return random.uniform(low, high, (count, 1, 1)).astype(np.float32)

    return each


def places(
    each: Each, bend: float, lean: float, size: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Where in its drawing each pixel looks: x and y, (image, 28, 28).

    bend: how far it is warped, lean: sheared and turned; size: the smallest
    and the largest scale: above 1 the drawing becomes smaller.
    """
    at = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE * 2 - 1
    x, y = at[None, None, :], at[None, :, None]
    wave = (x * y, x * x - 0.5, y * y - 0.5, x * (1 - y * y))
    dx = sum(each(-bend, bend) * part for part in wave)
    dy = sum(each(-bend, bend) * part for part in wave)
    across = x * each(*size) + y * each(-lean, lean) + each(-0.15, 0.15)
    down = y * each(*size) + x * each(-lean, lean) + each(-0.15, 0.15)
    return across + dx, down + dy


def looked_up(
    drawings: np.ndarray, chosen: np.ndarray, x: np.ndarray, y: np.ndarray
) -> list[np.ndarray]:
    """Each plane between the four nearest points of the chosen drawings."""
    scale = np.float32(FINE / (2 * REACH))
    across = (x * scale + FINE / 2 - 0.5).clip(0, FINE - 1.001)
    down = (y * scale + FINE / 2 - 0.5).clip(0, FINE - 1.001)
    column, row = across.astype(np.int32), down.astype(np.int32)
    right, below = across - column, down - row
    area, count = FINE * FINE, drawings.shape[1]
    start = chosen.astype(np.int32)[:, None, None] * (count * area)
    first = start + row * FINE + column
    flat = drawings.ravel()
    planes = []
    for number in range(count):
        plane = first + number * area
        upper = flat[plane] * (1 - right) + flat[plane + 1] * right
        plane = plane + FINE
        lower = flat[plane] * (1 - right) + flat[plane + 1] * right
        planes.append(upper * (1 - below) + lower * below)
    return planes


def noise(random: Random, count: int) -> np.ndarray:
    """Between -1 and 1, mostly small: (image, 28, 28) float32."""
    triangle = random.random((2, count, SIDE, SIDE), np.float32).sum(0)
    return triangle - 1


def _shades(image: np.ndarray) -> np.ndarray:
    return np.rint(image.clip(0, 1) * 255).astype(np.uint8)
